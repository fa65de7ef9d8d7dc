"""A co_await is a statement of its own: g++ 12 loses the short circuit around one in loops and conditional expressions."""

import re
import unittest

from support import testing

NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)


def behind_short_circuits(text):
    """The lines of a source on which a co_await stands behind &&, || or ? of the same expression."""
    # What is left out keeps its lines.
    text = NOISE.sub(lambda noise: "\n" * noise.group().count("\n"), text)
    lines = []
    for found in re.finditer(r"\bco_await\b", text):
        begin = max(text.rfind(end, 0, found.start()) for end in ";{}")
        before = text[begin + 1:found.start()]
        # A condition that has been closed again is another expression.
        while (shorter := re.sub(r"\([^()]*\)", "", before)) != before:
            before = shorter
        if re.search(r"&&|\|\||\?", before):
            lines.append(text.count("\n", 0, found.start()) + 1)
    return lines


class Coroutines(unittest.TestCase):
    def test_the_rule_sees_what_it_is_for(self):
        for wrong in ("while (a && co_await f()) {}", "x = a || co_await f();", "x = a ? co_await f() : 0;",
                      "for (; a && (b || co_await f());) {}", "co_return !a && !co_await f();", "do {} while (a() && co_await f());"):
            self.assertEqual(behind_short_circuits(wrong), [1], wrong)
        for right in ("if (a && b) co_await f();", "// a && co_await f()\nco_await f();", "while (co_await f()) {}",
                      "const bool x = co_await f(a && b);", 'g("&&"); co_await f();'):
            self.assertEqual(behind_short_circuits(right), [], right)

    def test_no_wait_behind_a_short_circuit(self):
        wrong = [f"{path.relative_to(testing.ROOT)}:{line}" for folder in ("src", "tests") for path in sorted((testing.ROOT / folder).rglob("*"))
                 if path.suffix in (".h", ".cc") for line in behind_short_circuits(path.read_text())]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    testing.main()
