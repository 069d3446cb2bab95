"""What to run: from the flags of a command line to the networks and the noise of a run. It knows nothing of files.

Read in this order:
    settings    everything that you can ask for; option.py says what one setting is
    presets     settings by name, with their sources
    builders    networks, objective, penalty and optimizers from settings
    sampling    random streams, the inputs of both networks, samples of G
    schedule    learning rates and bounds that change during a run
    text        presets and settings as text: --list-presets, and the command that repeats a run
"""
