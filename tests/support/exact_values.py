"""Losses that show whether a value arrives to the last bit: each is the only one of a job of its own."""

import math
import struct

# What single precision or a printed number of fewer digits would lose, and what is no number.
VALUES = [2.5, 0.1 + 0.2, 2.718281828459045, 123456789.12345679, 1e-45, 5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf]
TEXTS = [repr(value) for value in VALUES]  # as Python's and Go's readers of numbers take them
FINITE = VALUES[:-3]  # some clients send nothing of what is no number


def bits(value):
    """Of a double; one for every NaN."""
    return "nan" if value is None or math.isnan(value) else struct.pack(">d", value).hex()


def check(test, scrape, job="exact-{}", values=None):
    """The loss of job `exact-I` is VALUES[I], for each I, and has come once."""
    sent = VALUES if values is None else values
    got = [scrape.value("training_loss", training_job=job.format(i), loss="train") for i in range(len(sent))]
    test.assertNotIn(None, got)
    test.assertEqual([bits(value) for value in got], [bits(value) for value in sent])
    counts = [scrape.value("training_loss_samples_total", training_job=job.format(i), loss="train") for i in range(len(sent))]
    test.assertEqual(counts, [1] * len(sent))
