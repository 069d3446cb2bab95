"""Exercises: write minigan's pieces yourself, and let the gradient check grade them.

    catalogue.py    the exercises: what to write, hints, and the cases that judge it
    template.py     the file that a learner fills in, cut from minigan's own source
    pieces.py       a learner's functions in place of minigan's, kept away from files
    record.py       what a function returns and changes, call by call
    grade.py        right or wrong, in a process of its own
    diagnosis.py    where it differs, and which mistake it looks like
    own_gan.py      train with what you wrote
    bugs.py         find the bug: a game

`python -m minigan.exercises` lists the exercises. The mistakes that diagnosis.py knows are those of
gradcheck/mutants.py.
"""
