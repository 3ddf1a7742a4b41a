"""The generated source of the compiled kernel as C++, which gcc compiles like C but infers the types of variables.

It knows what that source is written in and no more: loops over ranges, arithmetic, arrays, records, named tuples of
arrays, and calls of functions that return numbers or tuples.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["struct", "translated", "view"]

_C_TYPES = {"float32": "float", "float64": "double", "int64": "long", "bool": "bool"}
_KEYWORDS = {"short", "long", "double", "float", "int", "register", "default", "auto", "new", "this", "operator"}
_VIEWS = {1: "Row", 2: "Table", 3: "Cube"}
_OPERATORS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.BitOr: "|", ast.USub: "-", ast.Not: "!",
    ast.And: "&&", ast.Or: "||", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
# Copied at a call, so that nothing written to an array can change them.
_RECORDS = ("p", "d")
_STRUCTURES = ("e", "z", "s", "b", "o", "budget")

HEADER = """\
#include <initializer_list>
#include <math.h>
#include <tuple>
template <class T> struct Row {
  T *p; long n[3];
  T &operator[](long i) const { return p[i]; }
  void fill(T x) const { for (long i = 0; i < n[0]; ++i) p[i] = x; }
  T *begin() const { return p; }
  T *end() const { return p + n[0]; }
};
template <class T> struct Table {
  T *p; long n[3];
  Row<T> operator[](long i) const { return {p + i * n[1], {n[1], 1, 1}}; }
  T &operator()(long i, long j) const { return p[i * n[1] + j]; }
  void fill(T x) const { for (long i = 0; i < n[0] * n[1]; ++i) p[i] = x; }
};
template <class T> struct Cube {
  T *p; long n[3];
  Table<T> operator[](long i) const { return {p + i * n[1] * n[2], {n[1], n[2], 1}}; }
  void fill(T x) const { for (long i = 0; i < n[0] * n[1] * n[2]; ++i) p[i] = x; }
};
template <class A, class B> struct Record { A regional; B national; };
template <class A, class B, class C, class D, class E, class F, class G>
struct Budget { A finding; B extra; C outlays; D ai_revenue; E debt; F tax; G per_head; };
namespace kernel {
static inline float exp(float x) { return expf(x); }
static inline float log(float x) { return logf(x); }
static inline auto minimum(auto a, auto b) { return b < a ? b : a; }
static inline auto maximum(auto a, auto b) { return b > a ? b : a; }
static inline auto min(auto a, auto b) { return b < a ? b : a; }
static inline auto max(auto a, auto b) { return b > a ? b : a; }
static inline double total(auto values) {
  double sums[8] = {};
  for (long r = 0; r < values.n[0]; r += 8) for (int k = 0; k < 8; ++k) sums[k] += values[r + k];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}
static inline double total_product(auto weights, auto values) {
  double sums[8] = {};
  for (long r = 0; r < values.n[0]; r += 8)
    for (int k = 0; k < 8; ++k) sums[k] += (double)weights[r + k] * values[r + k];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}
static inline long floor_divide(long a, long b) { return a / b - (a % b < 0); }
static inline long modulo(long a, long b) { return a % b + (a % b < 0 ? b : 0); }
"""


def view(array: NDArray[np.generic]) -> str:
    """The C++ type of an array."""
    return f"{_VIEWS[array.ndim]}<{_C_TYPES[array.dtype.name]}>"


def struct(name: str, fields: Mapping[str, str]) -> str:
    """A C++ structure from its fields and their types."""
    return f"struct {name} {{ {' '.join(f'{kind} {field};' for field, kind in fields.items())} }};\n"


def _name(name: str) -> str:
    return f"{name}_" if name in _KEYWORDS else name


class _Expression(ast.NodeVisitor):
    """Text of an expression."""

    def generic_visit(self, node: ast.AST) -> str:
        raise TypeError(f"no C++ for {ast.dump(node)}")

    def visit_Name(self, node: ast.Name) -> str:
        return _name(node.id)

    def visit_Constant(self, node: ast.Constant) -> str:
        return str(node.value).lower()

    def visit_Attribute(self, node: ast.Attribute) -> str:
        return f"{self.visit(node.value)}.{node.attr}"

    def visit_Tuple(self, node: ast.Tuple) -> str:
        return f"std::make_tuple({', '.join(map(self.visit, node.elts))})"

    def visit_BinOp(self, node: ast.BinOp) -> str:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.FloorDiv | ast.Mod):
            return f"{'modulo' if isinstance(node.op, ast.Mod) else 'floor_divide'}({left}, {right})"
        return f"({left} {_OPERATORS[type(node.op)]} {right})"

    def visit_UnaryOp(self, node: ast.UnaryOp) -> str:
        return f"({_OPERATORS[type(node.op)]}{self.visit(node.operand)})"

    def visit_BoolOp(self, node: ast.BoolOp) -> str:
        return f"({f' {_OPERATORS[type(node.op)]} '.join(map(self.visit, node.values))})"

    def visit_Compare(self, node: ast.Compare) -> str:
        (operator,), (right,) = node.ops, node.comparators
        return f"({self.visit(node.left)} {_OPERATORS[type(operator)]} {self.visit(right)})"

    def visit_IfExp(self, node: ast.IfExp) -> str:
        return f"({self.visit(node.test)} ? {self.visit(node.body)} : {self.visit(node.orelse)})"

    def visit_Call(self, node: ast.Call) -> str:
        function, arguments = self.visit(node.func), ", ".join(map(self.visit, node.args))
        if function in ("real", "wide"):
            return f"(({'float' if function == 'real' else 'double'})({arguments}))"
        if function in ("Record", "Budget"):
            return f"{function}{{{arguments}}}"
        return f"{function}({arguments})"

    def visit_Subscript(self, node: ast.Subscript) -> str:
        array = self.visit(node.value)
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            return f"{self.visit(node.value.value)}.n[{self.visit(node.slice)}]"
        if isinstance(node.slice, ast.Tuple):
            return f"{array}({', '.join(map(self.visit, node.slice.elts))})"
        return f"{array}[{self.visit(node.slice)}]"


_text = _Expression().visit


def _sums_in_place(loop: ast.For) -> bool:
    """Whether iterations add to one number of an array, so that they aren't independent."""
    assigned = [node.target for node in ast.walk(loop) if isinstance(node, ast.AugAssign)]
    return any(isinstance(each, ast.Subscript) and isinstance(each.slice, ast.Constant) for each in assigned)


class _Statements:
    """Text of statements; a variable is declared where it is first assigned."""

    def __init__(self, known: Sequence[str]) -> None:
        self.scopes = [set(known)]

    def block(self, body: Sequence[ast.stmt]) -> Iterator[str]:
        """A block with a scope of its own."""
        self.scopes.append(set())
        yield "{"
        for node in body:
            yield from self.statement(node)
        yield "}"
        self.scopes.pop()

    def statement(self, node: ast.stmt) -> Iterator[str]:
        """One statement."""
        match node:
            case ast.Expr(ast.Constant()):
                pass
            case ast.Expr(value):
                yield f"{_text(value)};"
            case ast.Assign([target], value):
                yield from self._assign(target, value)
            case ast.AugAssign(target, operator, value):
                yield f"{_text(target)} {_OPERATORS[type(operator)]}= {_text(value)};"
            case ast.For(ast.Name(name), values):
                yield from self._for(node, _name(name), values)
            case ast.If(test, body, []):
                yield f"if ({_text(test)})"
                yield from self.block(body)
            case ast.Return(None):
                yield "return;"
            case ast.Return(value) if value is not None:
                yield f"return {_text(value)};"
            case ast.Break():
                yield "break;"
            case _:
                raise TypeError(f"no C++ for {ast.unparse(node)}")

    def _known(self, name: str) -> bool:
        return any(name in scope for scope in self.scopes)

    def _assign(self, target: ast.expr, value: ast.expr) -> Iterator[str]:
        match target, value:
            case ast.Tuple(targets), ast.Tuple(values):
                for each, one in zip(targets, values, strict=True):
                    yield from self._assign(each, one)
            case ast.Tuple(targets), _:
                names = [_text(each) for each in targets]
                self.scopes[-1] |= set(names)
                yield f"auto [{', '.join(names)}] = {_text(value)};"
            case ast.Subscript(array, ast.Slice()), _:
                yield f"{_text(array)}.fill({_text(value)});"
            case ast.Name(), _:
                name = _text(target)
                declared = "" if self._known(name) else "auto "
                self.scopes[-1].add(name)
                yield f"{declared}{name} = {_text(value)};"
            case _:
                yield f"{_text(target)} = {_text(value)};"

    def _for(self, node: ast.For, name: str, values: ast.expr) -> Iterator[str]:
        self.scopes.append({name})
        match values:
            case ast.Call(ast.Name("range"), arguments):
                texts = [*map(_text, arguments)]
                first, end, step = (["0"] if len(texts) == 1 else []) + texts + (["1"] if len(texts) < 3 else [])
                inner = not any(isinstance(each, ast.For) for child in node.body for each in ast.walk(child))
                if inner and not _sums_in_place(node):
                    yield "#pragma GCC ivdep"
                yield f"for (long {name} = {first}, end_{name} = {end}; {name} < end_{name}; {name} += {step})"
            case ast.Tuple(elements):
                yield f"for (auto {name} : {{{', '.join(map(_text, elements))}}})"
            case _:
                yield f"for (auto {name} : {_text(values)})"
        yield from self.block(node.body)
        self.scopes.pop()


def _function(node: ast.FunctionDef) -> str:
    names = [argument.arg for argument in node.args.args]
    arguments = [f"const auto &{name}" if name in _STRUCTURES else f"auto {_name(name)}" for name in names]
    leaf = isinstance(node.decorator_list[0], ast.Name) and node.decorator_list[0].id == "leaf"
    kind = "static inline __attribute__((always_inline))" if leaf else "static"
    body = "\n".join(_Statements([_name(name) for name in names]).block(node.body))
    return f"{kind} auto {node.name}({', '.join(arguments)})\n{body}\n"


def translated(source: str, constants: Mapping[str, int | float], wanted: Sequence[str]) -> str:
    """Wanted functions of a generated source, each after those that it calls, with the numbers that it imports."""
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    written: dict[str, str] = {}

    def write(name: str) -> None:
        called = (each.id for each in ast.walk(functions[name]) if isinstance(each, ast.Name))
        for other in called:
            if other in functions and other != name and other not in written:
                write(other)
        written.setdefault(name, _function(functions[name]))

    for name in wanted:
        write(name)
    numbers = [
        f"constexpr {'long' if isinstance(value, int) else 'double'} {name} = {value};"
        for name, value in constants.items()
    ]
    return "\n".join([HEADER, *numbers, *written.values(), "}"])
