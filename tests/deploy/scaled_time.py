"""The shipped rules and Alertmanager configuration with every duration divided, so that a test need not wait for hours."""

import re

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def scaled_duration(text, factor):
    seconds = sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([smhd])", text))
    return f"{max(round(seconds / factor * 1000), 500)}ms"


def scaled_rules(text, factor):
    """`for`, ranges and offsets of rules, and the seconds that a rule compares an age with."""
    text = re.sub(r"(?<=for: )[\dsmhd]+$", lambda found: scaled_duration(found[0], factor), text, flags=re.MULTILINE)
    text = re.sub(r"(?<=\[)\d+[smhd](?=\])|(?<=offset )\d+[smhd]\b", lambda found: scaled_duration(found[0], factor), text)
    return re.sub(r"(time\(\) - .*> )(\d+)$", lambda found: f"{found[1]}{int(found[2]) / factor:g}", text, flags=re.MULTILINE)


def scaled_alertmanager(text, factor):
    return re.sub(r"((?:group_wait|group_interval|repeat_interval): )(\w+)", lambda found: found[1] + scaled_duration(found[2], factor), text)
