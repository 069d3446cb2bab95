"""A run on disk, and what else happens around a training.

start.py begins a run or continues one. recorder.py says what is recorded when; the parts that do it are folder.py,
metrics.py with vitals.py, pictures.py with images.py and distance.py, saver.py with checkpoint.py, signals.py, and
progress.py with diagnosis.py, the doctor. Afterwards load.py and page.py (the report) read the folder. threads.py
chooses the number of threads, pace.py notices that a run has become slow, and parallel.py is for training in several
processes.
"""
