"""Mutants: copies of minigan's code, each with one small mistake, such as a wrong sign or a missing transpose.

A checker that lets a mistake pass is worth little, so the checks are checked: the mutation test plants each mutant in
turn, and some check must fail. The exercises use the same mutants to name the mistake in what a learner wrote.

`targets` lists the functions, `changes` the mistakes that can be made at one place, `mutants` all those of a function,
and `in_place` lets the running program use one.
"""

import ast
import copy
import inspect
import textwrap
from contextlib import contextmanager
from importlib import import_module
from types import CodeType
from typing import Any, NamedTuple

MODULES = [
    *("nn.losses", "nn.layers", "nn.activations", "nn.network", "nn.optim"),
    *("nn.softmax", "nn.batchnorm", "nn.maxout", "nn.rmsprop", "nn.spectral"),
    *("gan.steps", "gan.objectives", "gan.penalties"),
    *("gan.more_objectives", "gan.relativistic", "gan.wgan", "gan.conditional", "gan.packing", "gan.vae"),
]
METHODS = {  # those that compute gradients or move parameters
    *("__call__", "backward", "jvp", "tangent_grads", "sloped", "masked", "weight_grad", "iterate"),
    *("d", "g", "step", "move", "update"),
}
OTHER_FUNCTIONS = {  # they do neither
    *("all_shapes", "window_size", "pieces", "bound", "one_hot", "initialise", "anneal"),
}
ARITHMETIC = [ast.Add, ast.Sub, ast.Mult, ast.Div]
SWAPS: dict[Any, list] = {op: [other for other in ARITHMETIC if other is not op] for op in ARITHMETIC} | {
    ast.MatMult: [ast.Mult], ast.Pow: [ast.Mult], ast.FloorDiv: [ast.Mult], ast.Mod: [ast.FloorDiv],
    ast.Gt: [ast.Lt, ast.GtE], ast.Lt: [ast.Gt, ast.LtE], ast.GtE: [ast.Gt], ast.LtE: [ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn],
    ast.NotIn: [ast.In], ast.And: [ast.Or], ast.Or: [ast.And],
}  # fmt: skip
OTHER = {"sum": "mean", "mean": "sum", "max": "min", "min": "max", "any": "all", "all": "any"}
NO_NUMBERS = (ast.JoinedStr, ast.Dict, ast.List, ast.Set, ast.Lambda, ast.DictComp, ast.ListComp)


class Mutant(NamedTuple):
    """A function with one mistake."""

    code: CodeType  # of the function with the mistake
    source: str  # of the same
    line: str  # the line with the mistake
    words: str  # the mistake, to follow "this is what one gets ..."


def targets():
    """name -> function, for every function and method that computes gradients or moves parameters."""
    found: dict[str, Any] = {}
    for module in (import_module(f"minigan.{name}") for name in MODULES):
        own = {k: v for k, v in vars(module).items() if getattr(v, "__module__", None) == module.__name__}
        for name, value in own.items():
            if inspect.isclass(value):
                found |= {f"{name}.{k}": inspect.unwrap(getattr(value, k)) for k in vars(value) if k in METHODS}
            elif inspect.isfunction(value) and name not in OTHER_FUNCTIONS:
                found[name] = inspect.unwrap(value)
    return found


def changes(node: Any, parent: Any = None):
    """Yield (node, words): what can replace this node of a syntax tree with one mistake, and that mistake."""

    def changed(**fields):
        return type(node)(**dict(ast.iter_fields(node)) | fields)

    match node:
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp():  # another operator
            for swap in SWAPS.get(type(node.op), ()):
                yield (new := changed(op=swap())), f"with `{text(new)}`, where another operator belongs"
        case ast.Compare():
            for i, op in enumerate(node.ops):
                for swap in SWAPS.get(type(op), ()):
                    new = changed(ops=[*node.ops[:i], swap(), *node.ops[i + 1 :]])
                    yield new, f"with `{text(new)}`, where another comparison belongs"
        case ast.Attribute(attr="T"):
            yield node.value, f"without the transpose of `{text(node.value)}`"
        case ast.UnaryOp(op=ast.USub()):
            yield node.operand, f"without the minus sign of `{text(node)}`"
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand, f"without the `not` of `{text(node)}`"
        case ast.Attribute(attr=name) if name in OTHER:
            yield changed(attr=OTHER[name]), f"with the {OTHER[name]} of `{text(node.value)}` in place of its {name}"
        case ast.Name(id="min" | "max" | "any" | "all" as own):
            yield changed(id=OTHER[own]), f"with `{OTHER[own]}` in place of `{own}`"
        case ast.Constant(value=bool(was)):
            other = f"`{parent.arg}={not was}`" if isinstance(parent, ast.keyword) else not was
            yield changed(value=not was), f"with {other} in place of {was}"
        case ast.Constant(value=int(was)):
            yield changed(value=was + 1), f"with {was + 1} in place of {was}"
        case ast.Constant(value=float(was)) if was:
            yield changed(value=was * 1.001), f"with {was * 1.001:g} in place of {was:g}"
        case ast.IfExp():
            yield changed(body=node.orelse, orelse=node.body), f"with the two cases of `{text(node.test)}` exchanged"
        case ast.If():
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield changed(test=negated), f"with the condition `{text(node.test)}` the wrong way round"
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Return) and node.value:  # the other sign, for each value
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        for i, value in enumerate(values):
            if isinstance(value, NO_NUMBERS) or (
                isinstance(value, ast.Constant) and not isinstance(value.value, float)
            ):
                continue
            flipped = [*values[:i], ast.UnaryOp(ast.USub(), value), *values[i + 1 :]]
            new = changed(value=ast.Tuple(flipped, ast.Load()) if len(values) > 1 else flipped[0])
            yield new, f"with the other sign of {part_of(node, i, len(values))}"
    if isinstance(node, ast.AugAssign):
        yield (
            ast.Assign([node.target], node.value),
            f"with `=` in place of `{sign_of(node)}=` for `{text(node.target)}`",
        )
    match node:
        case ast.Assign() | ast.AugAssign() | ast.Expr(value=ast.Call()):
            yield ast.Pass(), f"without {start(node)}"


def part_of(statement, i, n):
    """The i-th of n values that a statement assigns or returns, in words that do not tell the value."""
    if isinstance(statement, ast.Return):
        return f"value {i + 1} that it returns" if n > 1 else "what it returns"
    if isinstance(statement, ast.AugAssign):
        return f"what stands behind `{text(statement.target)} {sign_of(statement)}=`"
    target = statement.targets[0]
    if n > 1 and not isinstance(target, ast.Tuple):
        return f"value {i + 1} of `{text(target)}`"
    return f"`{text(target.elts[i] if n > 1 else target)}`"


def sign_of(statement):
    """The operator of an assignment such as +=."""
    return text(ast.AugAssign(ast.Name("a"), statement.op, ast.Name("b")))[2:-3]


def start(statement):
    """A statement by its start: what it assigns to, or what it calls."""
    match statement:
        case ast.Assign():
            return f"the line `{text(statement.targets[0])} = ...`"
        case ast.AugAssign():
            return f"the line `{text(statement.target)} {sign_of(statement)}= ...`"
    return f"the call of `{text(statement.value.func)}`"


def text(node):
    """The code of a node of a syntax tree."""
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))


class Replace(ast.NodeTransformer):
    """Count the mistakes that can be made, and make the one with the given number."""

    def __init__(self, number=0):
        self.number, self.count, self.words, self.parents = number, 0, "", [None]

    def visit_FunctionDef(self, node):  # default values and decorators are not part of the code that is replaced
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit(self, node):
        for change, words in list(changes(node, self.parents[-1])):
            self.count += 1
            if self.count == self.number:
                self.words = words
                return change
        self.parents.append(node)
        node = super().visit(node)
        self.parents.pop()
        return node


def mutants(function):
    """Yield the Mutants of a function."""
    source = textwrap.dedent(inspect.getsource(function))
    source += "    __class__\n" * bool(function.__code__.co_freevars)  # super() needs it, and a class around it
    tree = ast.parse("class Any:\n" + textwrap.indent(source, " "))
    (counter := Replace()).visit(tree)
    for number in range(1, counter.count + 1):
        mutant = ast.fix_missing_locations((replace := Replace(number)).visit(copy.deepcopy(tree)))
        lines = zip(ast.unparse(tree).splitlines(), ast.unparse(mutant).splitlines(), strict=True)
        line = next(b.strip() for a, b in lines if a != b)
        any_class = next(c for c in compile(mutant, "mutant", "exec").co_consts if inspect.iscode(c))
        code = next(c for c in any_class.co_consts if inspect.iscode(c))
        yield Mutant(code, text(mutant.body[0].body[0]), line, replace.words)


@contextmanager
def in_place(function, code):
    """Meanwhile, everything that calls the function runs this code, wherever it has imported the function from."""
    original = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = original
