"""The lab: a page in which a GAN trains live, and which shows the source at work. `python -m minigan.lab`

Its files:

    server.py       hands the page out on this machine alone, and takes its commands
    trainer.py      the training, in a thread of its own: plays, pauses, steps, and takes new settings
    controls.py     the settings that the page shows, and the data that are drawn on it
    experiments.py  settings with which a GAN fails, and their cures
    notebook.py     the training's rows of metrics.csv, the doctor's findings, and how it is saved as a run
    view.py         what the page draws of the plane: D's opinion, samples, gradients, the folds of G
    slow_motion.py  runs a round of the source and records its lines and variables
    page.html       the page
"""
