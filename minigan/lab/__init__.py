"""The lab: a page in which a GAN trains live, and which shows the source at work. `python -m minigan.lab`

Its files:

    server.py       hands the page out on this machine alone, and takes its commands
    trainer.py      the training, in a thread of its own
    commands.py     what the page can ask for: play, pause, a step, another setting, other data
    controls.py     the settings that the page shows, and the data that are drawn on it
    experiments.py  settings with which a GAN fails, and their cures
    notebook.py     the training's rows of metrics.csv, the doctor's findings, and how it is saved as a run
    plane.py        what the page draws of points: D's opinion, samples, gradients, the folds of G
    images.py       what the page draws of images: samples, one's own sample, and the training images nearest to it
    slow_motion.py  runs a round of the source and records its lines and variables
    page.html       the page
"""
