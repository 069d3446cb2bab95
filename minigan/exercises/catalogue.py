"""All exercises, in the order of the reader's path."""

from minigan.exercises import part_one, part_two

EXERCISES = [*part_one.EXERCISES, *part_two.EXERCISES]
BY_NAME = {exercise.name: exercise for exercise in EXERCISES}
