"""What the rules' language does otherwise than numpy."""

import numpy


def today(period):
    """The day that is judged."""
    return numpy.datetime64(str(period.start), "D")


def of_each_day(days, compute):
    """Computes for each day of the calendar between the first and the last: there are fewer of them than people."""
    first = days.min()
    return compute(numpy.arange(first, days.max() + 1))[(days - first).astype(numpy.int64)]


def full_years(born, on):
    """Full years from births to a day."""
    month = born.astype("datetime64[M]")
    months = (on.year - 1970) * 12 + on.month - 1 - month.astype(numpy.int64)
    not_yet = (born - month).astype(numpy.int64) >= on.day
    return (months - not_yet) // 12


def school_years(born, on):
    """Full years from births to 31 August, when the school year began."""
    began = on.year if on.month >= 9 else on.year - 1
    # Who is born from September on belongs to the year after.
    return began - 1970 - (born.astype("datetime64[M]").astype(numpy.int64) + 4) // 12


def quotient(number, by):
    """A division that truncates; numpy's rounds down. By at least 1."""
    down = number // by
    return down + ((number < 0) & (down * by != number))


def share(fen, ratio):
    """A ratio in ten-thousandths of an amount, rounded half up."""
    return (2 * fen * ratio + 10_000) // 20_000
