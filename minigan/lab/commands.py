"""The commands of the page. Each takes the Trainer and a value from the page, and checks the value.

They run in the training's thread. What they return is the answer to the page. Each raises ArgumentError if it refuses
the value.
"""

from dataclasses import replace

from minigan.data import Dataset, load
from minigan.ground.errors import ArgumentError, one_of
from minigan.lab.controls import CONTROLS, DATA, carry, check, drawn, parsed, prepared
from minigan.lab.experiments import EXPERIMENTS
from minigan.lab.slow_motion import Film
from minigan.recipes.option import options
from minigan.recipes.settings import Settings
from minigan.training import Training


def play(trainer, _):
    trainer.playing, trainer.halves, trainer.note = True, [], ""


def pause(trainer, _):
    trainer.playing = False


def one_round(trainer, _):
    trainer.playing = False
    trainer.round()


def one_step(trainer, _):
    """The next step of D or of G. The first of a round runs all of it, and keeps what comes after for later."""
    trainer.playing = False
    if len(trainer.halves) > 1:
        trainer.halves.pop(0)
    else:
        trainer.round(Film(trainer.training))
    if len(trainer.halves) == 1:
        trainer.halves = []  # after the last step of a round, the picture is of the training itself


def slow(trainer, _):
    """Run a round in slow motion. Returns its film."""
    trainer.playing = False
    film = Film(trainer.training)
    trainer.round(film)
    trainer.halves = []
    return {"codes": film.codes, "shots": film.shots}


def pace(trainer, rounds):
    """rounds: per second, or 0 for as fast as possible."""
    if isinstance(rounds, bool) or not isinstance(rounds, int | float) or not 0 <= rounds <= 1000:
        raise ArgumentError("the speed must be from 0 to 1000 rounds per second.")
    trainer.speed = float(rounds)


def reset(trainer, seed):
    """Begin anew with these settings and another seed."""
    if type(seed) is not int:
        raise ArgumentError("the seed must be a whole number.")
    settings, data = replace(trainer.training.settings, seed=seed), trainer.data
    if settings.data in DATA:
        data = load(settings.data, **settings.of_data)
    trainer.begin(trainer.preset, settings, data, trainer.sent)


def learn(trainer, value):
    """Begin anew with data from the page. value: a Dataset, or what was drawn, see `drawn`."""
    choose(trainer, value if isinstance(value, Dataset) else drawn(value))


def choose(trainer, name, **more):
    """Begin anew with other data: a name, or a Dataset from the page. more: further flags.

    The settings stay, unless the data need another preset.
    """
    sent = isinstance(name, Dataset)
    given = {"data": name.name if sent else name, "seed": trainer.training.settings.seed} | more
    preset, new, data = prepared(given, name if sent else None)
    settings = new
    if preset == trainer.preset:
        settings = replace(trainer.training.settings, data=new.data, conditional=new.conditional,
                           size=new.size, colour=new.colour, evaluate_every=new.evaluate_every)  # fmt: skip
        check(settings, data)
    trainer.begin(preset, settings, data, sent)


def save(trainer, _):
    """Save what was found as a run. Returns its folder."""
    trainer.playing = False
    out = trainer.notebook.save(trainer.preset, trainer.sent)
    trainer.sent = False
    return str(out)


def change(trainer, words):
    """words: [name of a setting, its value]. Keep the networks if they have the same sizes; else begin anew."""
    if not (isinstance(words, list) and len(words) == 2 and all(isinstance(word, str) for word in words)):
        raise ArgumentError("a setting is changed by its name and its value.")
    name, value = words
    option = {o.name: o for o in options(Settings)}.get(name)
    if name not in CONTROLS or option is None:
        raise ArgumentError(f"{name} cannot be changed here.")
    if name != "data":
        return {"kept": apply(trainer, {name: parsed(option, value)})}
    if value != trainer.training.settings.data:
        one_of("--data", value, DATA)
        where = trainer.training.settings.data_dir
        choose(trainer, value, **({"data_dir": where} if where and value in ("mnist", "stacked") else {}))
    return {"kept": False}


def apply(trainer, changes):
    """Change settings, by name. Returns whether the networks could be kept."""
    settings = replace(trainer.training.settings, **changes)
    check(settings, trainer.data)
    new = Training(settings, trainer.data)
    kept = carry(trainer.training, new)
    trainer.begin(trainer.preset, settings, trainer.data, trainer.sent, new if kept else None)
    return kept


def experiment(trainer, which):
    """which: [its number, whether to cure it]. An experiment begins anew, its cure goes on with the networks."""
    if not (isinstance(which, list) and which in [[i, b] for i in range(len(EXPERIMENTS)) for b in (False, True)]):
        raise ArgumentError("there is no such experiment.")
    number, cured = which
    chosen = EXPERIMENTS[number]
    if cured:
        apply(trainer, chosen.cure)
    else:
        trainer.begin(*prepared({"seed": trainer.training.settings.seed} | chosen.settings))
    play(trainer, None)


def pick(trainer, number):
    """Make one of the samples one's own."""
    images(trainer).pick(number)


def turn(trainer, which):
    """which: [i, v]. Put v into the i-th number of the z of one's own sample."""
    images(trainer).turn(which)


def label(trainer, number):
    """Draw one's own sample with this label."""
    images(trainer).label(number)


def near(trainer, _):
    """The training images nearest to one's own sample."""
    return images(trainer).near(trainer.training.average)


def images(trainer):
    if trainer.view.kind != "images":
        raise ArgumentError("this needs images.")
    return trainer.view


COMMANDS = {
    "play": play, "pause": pause, "round": one_round, "step": one_step, "slow": slow, "pace": pace, "reset": reset,
    "set": change, "points": learn, "save": save, "experiment": experiment, "pick": pick, "turn": turn, "label": label,
    "near": near,
}  # fmt: skip
