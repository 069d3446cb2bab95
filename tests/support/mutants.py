"""Mutants: copies of minigan's code, each with one small mistake, such as a wrong sign. The tests must notice each.

`targets` lists the functions, `changes` the mistakes that can be made at one place, and `mutants` makes them in turn.
"""

import ast
import copy
import inspect
import textwrap
from importlib import import_module

MODULES = [
    *("nn.losses", "nn.layers", "nn.activations", "nn.network", "nn.optim"),
    *("nn.softmax", "nn.batchnorm", "nn.maxout", "nn.rmsprop", "nn.spectral"),
    *("gan.steps", "gan.objectives", "gan.penalties"),
    *("gan.more_objectives", "gan.relativistic", "gan.wgan", "gan.conditional", "gan.packing", "gan.vae"),
]
METHODS = {  # those that compute gradients or move parameters
    *("__call__", "backward", "jvp", "tangent_grads", "sloped", "weight_grad", "iterate"),
    *("d", "g", "step", "move", "update"),
}
OTHER_FUNCTIONS = {  # they do neither
    *("all_shapes", "window_size", "pieces", "bound", "one_hot", "initialise", "anneal"),
}
ARITHMETIC = [ast.Add, ast.Sub, ast.Mult, ast.Div]
SWAPS = {op: [other for other in ARITHMETIC if other is not op] for op in ARITHMETIC} | {
    ast.MatMult: [ast.Mult], ast.Pow: [ast.Mult], ast.Gt: [ast.Lt, ast.GtE], ast.Lt: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.And: [ast.Or],
    ast.Or: [ast.And],
}  # fmt: skip


def targets():
    """name -> function, for every function and method that computes gradients or moves parameters."""
    found = {}
    for module in (import_module(f"minigan.{name}") for name in MODULES):
        own = {k: v for k, v in vars(module).items() if getattr(v, "__module__", None) == module.__name__}
        for name, value in own.items():
            if inspect.isclass(value) and name != "Dropout":  # it has no formula to check: its slope is a draw
                found |= {f"{name}.{k}": inspect.unwrap(getattr(value, k)) for k in vars(value) if k in METHODS}
            elif inspect.isfunction(value) and name not in OTHER_FUNCTIONS:
                found[name] = inspect.unwrap(value)
    return found


def changes(node):
    """Yield nodes that can replace this node of a syntax tree, each with one mistake."""

    def changed(**fields):
        return type(node)(**dict(ast.iter_fields(node)) | fields)

    match node:
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp():  # another operator
            yield from (changed(op=swap()) for swap in SWAPS.get(type(node.op), ()))
        case ast.Compare():
            yield from (changed(ops=[swap()]) for swap in SWAPS.get(type(node.ops[0]), ()))
        case ast.Attribute(attr="T") | ast.UnaryOp(op=ast.USub() | ast.Not()):  # no transpose, no sign, no not
            yield node.value if isinstance(node, ast.Attribute) else node.operand
        case ast.Attribute(attr="sum" | "mean"):
            yield changed(attr={"sum": "mean", "mean": "sum"}[node.attr])
        case ast.Constant(value=bool()):
            yield changed(value=not node.value)
        case ast.Constant(value=int() | float()) if node.value:
            yield changed(value=node.value * 1.001)
        case ast.IfExp():  # the other branch
            yield changed(body=node.orelse, orelse=node.body)
        case ast.If():
            yield changed(test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Return) and node.value:  # the other sign, for each value
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        for i, value in enumerate(values):
            flipped = [*values[:i], ast.UnaryOp(ast.USub(), value), *values[i + 1 :]]
            yield changed(value=ast.Tuple(flipped, ast.Load()) if len(values) > 1 else flipped[0])
    if isinstance(node, ast.AugAssign):  # = instead of +=
        yield ast.Assign([node.target], node.value)
    match node:
        case ast.Assign() | ast.AugAssign() | ast.Expr(value=ast.Call()):
            yield ast.Pass()  # deleted


class Replace(ast.NodeTransformer):
    """Count the mistakes that can be made, and make the one with the given number."""

    def __init__(self, number=0):
        self.number, self.count = number, 0

    def visit_arguments(self, node):
        return node  # default values are not part of the code that is replaced

    def visit(self, node):
        for change in list(changes(node)):
            self.count += 1
            if self.count == self.number:
                return change
        return super().visit(node)


def mutants(function):
    """Make each mistake in turn in the running program. Yields (line, line with the mistake) meanwhile."""
    original, source = function.__code__, textwrap.dedent(inspect.getsource(function))
    source += "    __class__\n" * bool(original.co_freevars)  # super() needs it, and a class around the function
    tree = ast.parse("class Any:\n" + textwrap.indent(source, " "))
    (counter := Replace()).visit(tree)
    for number in range(1, counter.count + 1):
        mutant = ast.fix_missing_locations(Replace(number).visit(copy.deepcopy(tree)))
        lines = zip(ast.unparse(tree).splitlines(), ast.unparse(mutant).splitlines(), strict=True)
        try:
            any_class = next(c for c in compile(mutant, "mutant", "exec").co_consts if inspect.iscode(c))
            function.__code__ = next(c for c in any_class.co_consts if inspect.iscode(c))
            yield next((a.strip(), b.strip()) for a, b in lines if a != b)
        finally:
            function.__code__ = original
