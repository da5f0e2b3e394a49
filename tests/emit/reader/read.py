"""Reads scripts for Windows hosts and does what they say, as far as they say it: a small part of PowerShell, by the grammar
tree-sitter-powershell, with a shell of POSIX for the commands that they run.

SEMANTICS ARE NOT VERIFIED by this: it is what those who wrote the scripts take PowerShell to mean. What it shows is that a
script does what was meant: the tests of the engine for bash hold for the one for PowerShell, too. Whatever it doesn't
know is an error.

Called with the script and its words; needs tree-sitter and tree-sitter-powershell from PyPI.
"""

import os
import re
import sys

import tree_sitter_powershell
from tree_sitter import Language, Parser

import host
from host import Failed, Table, items, member, same, string, truth

PARSER = Parser(Language(tree_sitter_powershell.language()))
FUNCTIONS = {}
FRAMES = [{}]


class Return(Exception):
    pass


class Break(Exception):
    pass


class Continue(Exception):
    pass


class Exit(Exception):
    def __init__(self, status):
        self.status = status


def bare(node):
    """Below nodes that only wrap another one."""
    while node.child_count == 1 and node.children[0].is_named and node.type not in ("expandable_string_literal", "variable"):
        node = node.children[0]
    return node


def parts(node):
    return [bare(it) for it in node.children if it.is_named and it.type not in ("comment", "empty_statement")]


def said(node):
    return node.text.decode()


def below(node, kind):
    if node.type == kind:
        yield node
    else:
        for child in node.children:
            yield from below(child, kind)


def one(found):
    """What a pipeline gives: nothing, one value or a list."""
    return None if not found else found[0] if len(found) == 1 else list(found)


# --- variables


def look(name):
    name = name.lower()
    constants = {"true": True, "false": False, "null": None, "pid": os.getpid()}
    if name in constants:
        return constants[name]
    if name.startswith("env:"):
        return next((value for key, value in os.environ.items() if key.lower() == name[4:]), None)
    if name.startswith("script:"):
        return FRAMES[0].get(name[7:])
    return next((frame[name] for frame in reversed(FRAMES) if name in frame), None)


def put(name, value):
    name = name.lower()
    if name.startswith("script:"):
        FRAMES[0][name[7:]] = value
    else:
        FRAMES[-1][name] = value


def assign(target, value):
    target = bare(target)
    kids = parts(target)
    if target.type == "variable":
        put(said(target)[1:], value)
    elif target.type == "array_literal_expression":
        values = items(value)
        for place, kid in enumerate(kids[:-1]):
            assign(kid, values[place] if place < len(values) else None)
        assign(kids[-1], one(values[len(kids) - 1:]))
    elif target.type == "member_access" and "::" in [said(it) for it in target.children]:
        host.put_static(said(kids[0])[1:-1], said(kids[1]), value)
    elif target.type == "member_access":
        owner = value_of(kids[0])
        owner[owner.key(said(kids[1]))] = value
    elif target.type == "element_access":
        owner, key = value_of(kids[0]), value_of(kids[1])
        owner[owner.key(key)] = value
    else:
        raise NotImplementedError(f"{target.type}: {said(target)}")


# --- expressions


def value_of(node):
    node = bare(node)
    kind = node.type.replace("_argument_expression", "_expression")
    if kind in VALUES:
        return VALUES[kind](node)
    found = []
    do(node, found)
    return one(found)


def variable(node):
    return look(said(node)[1:].strip("{}"))


def text_of(node):
    escapes = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}

    def plain(raw):
        return re.sub(r'`(.)|""', lambda it: escapes.get(it[1], it[1]) if it[1] else '"', raw.decode(), flags=re.S)

    out, at = "", 1
    for child in (it for it in node.children if it.is_named):
        out += plain(node.text[at:child.start_byte - node.start_byte]) + string(value_of(child))
        at = child.end_byte - node.start_byte
    return out + plain(node.text[at:-1])


def statements(node):
    found = []
    for part in parts(node):
        do(part, found)
    return found


def table(node):
    made = Table()
    for entry in below(node, "hash_entry"):
        key, value = parts(entry)
        name = said(key) if key.type == "simple_name" else value_of(key)
        made[made.key(name)] = value_of(value)
    return made


def access(node):
    owner, name = parts(node)
    if "::" in [said(it) for it in node.children]:
        return host.static(said(owner)[1:-1], said(name))
    return member(value_of(owner), said(name))


def element(node):
    owner, key = (value_of(it) for it in parts(node))
    if isinstance(owner, Table):
        return owner.get(owner.key(key))
    owner = items(owner)
    return owner[key] if -len(owner) <= key < len(owner) else None


def invoked(node):
    owner, name = (it for it in parts(node) if it.type != "argument_list")
    words = []
    for given in (it for it in node.children if it.type == "argument_list"):
        for part in parts(given):
            words += [value_of(it) for it in parts(part)] if part.type == "argument_expression_list" else [value_of(part)]
    if "::" in [said(it) for it in node.children]:
        return host.call_static(said(owner)[1:-1], said(name), words)
    return host.call(value_of(owner), said(name), words)


def cast(kind, value):
    kind = kind.lower()
    if kind == "void":
        return None
    makes = {"byte[]": lambda it: it, "string[]": lambda it: [string(one_) for one_ in items(it)], "string": string, "bool": truth, "int": lambda it: round(host.number(it)), "double": lambda it: float(host.number(it))}
    return makes[kind](value)


def unary(node):
    value, sign = value_of(parts(node)[-1]), said(node.children[0]).lower()
    return {"-not": lambda: not truth(value), "-": lambda: -host.number(value), ",": lambda: [value]}[sign]()


def logical(node):
    left, sign, right = node.children
    if said(sign).lower() == "-and":
        return truth(value_of(left)) and truth(value_of(right))
    return truth(value_of(left)) or truth(value_of(right))


def compared(node):
    left, right = value_of(node.children[0]), value_of(node.children[2])
    sign = said(node.children[1]).lower()[1:]
    exact = sign in ("ceq", "cne", "ccontains", "cnotcontains")
    sign = sign[1:] if exact else sign
    if sign in ("eq", "ne"):
        assert not isinstance(left, list), f"it would choose among many: {said(node)}"
        return same(left, right, exact) == (sign == "eq")
    if sign in ("contains", "notcontains"):
        return any(same(it, right, exact) for it in items(left)) == (sign == "contains")
    if sign in ("lt", "le", "gt", "ge"):
        one_, other = host.number(left), host.number(right)
        return {"lt": one_ < other, "le": one_ <= other, "gt": one_ > other, "ge": one_ >= other}[sign]
    if sign in ("match", "notmatch"):
        found = re.search(string(right), string(left), re.I)
        if found and sign == "match":
            groups = {0: found[0]} | {place + 1: it for place, it in enumerate(found.groups()) if it is not None}
            put("matches", Table(groups))
        return bool(found) == (sign == "match")
    return other_signs(sign, left, right)


def other_signs(sign, left, right):
    if sign == "split":
        pattern, most = right if isinstance(right, list) else (right, 0)
        return re.split(pattern, string(left), maxsplit=max(most - 1, 0))
    if sign == "replace":
        return re.sub(right[0].replace(r"\z", r"\Z"), right[1], string(left))
    if sign == "join":
        return string(right).join(string(it) for it in items(left))
    if sign == "band":
        return left & right
    raise NotImplementedError(sign)


def summed(node):
    left, right = value_of(node.children[0]), value_of(node.children[2])
    if said(node.children[1]) == "-":
        return host.number(left) - host.number(right)
    return added(left, right)


def added(left, right):
    if isinstance(left, list):
        return list(left) + items(right)
    return left + string(right) if isinstance(left, str) else host.number(left) + host.number(right)


def formatted(node):
    words = items(value_of(node.children[2]))

    def word(found):
        text, width = string(words[int(found[1])]), int(found[2] or 0)
        return text.rjust(width) if width > 0 else text.ljust(-width)

    return re.sub(r"\{(\d+)(?:,(-?\d+))?\}", word, value_of(node.children[0]))


VALUES = {
    "variable": variable,
    "decimal_integer_literal": lambda node: int(said(node)),
    "verbatim_string_characters": lambda node: said(node)[1:-1].replace("''", "'"),
    "verbatim_here_string_characters": lambda node: said(node)[3:-3],
    "expandable_string_literal": text_of,
    "sub_expression": lambda node: one(statements(node)),
    "parenthesized_expression": lambda node: value_of(parts(node)[0]),
    "array_expression": lambda node: list(statements(node)),
    "array_literal_expression": lambda node: [value_of(it) for it in parts(node)],
    "hash_literal_expression": table,
    "member_access": access,
    "element_access": element,
    "invokation_expression": invoked,
    "cast_expression": lambda node: cast(said(parts(node)[0])[1:-1], value_of(parts(node)[1])),
    "type_literal": lambda node: said(node)[1:-1],
    "expression_with_unary_operator": unary,
    "logical_expression": logical,
    "bitwise_expression": compared,
    "comparison_expression": compared,
    "additive_expression": summed,
    "multiplicative_expression": lambda node: host.number(value_of(node.children[0])) * host.number(value_of(node.children[2])),
    "format_expression": formatted,
    "script_block_expression": lambda node: node,
}

# --- statements


def do(node, out):
    """Does what a statement says; what it gives comes behind `out`."""
    node = bare(node)
    kind = node.type.replace("_argument_expression", "_expression")
    if kind in STATEMENTS:
        STATEMENTS[kind](node, out)
    elif kind in VALUES:
        value = VALUES[kind](node)
        out.extend(items(value))
    elif kind in ("program", "statement_list", "statement_block", "script_block", "script_block_body", "empty_statement", "comment"):
        for part in parts(node):
            do(part, out)
    else:
        raise NotImplementedError(f"{kind}: {said(node)[:200]}")


def assignment(node, _):
    target, sign, right = node.children
    # A list that is a value stays one; what commands and statements give is unrolled.
    value = value_of(right)
    assign(target, added(value_of(target), value) if said(sign) == "+=" and value_of(target) is not None else value)


def function(node, _):
    given = []
    for declared in below(node, "function_parameter_declaration"):
        for parameter in below(declared, "script_parameter"):
            kind = next(below(parameter, "type_literal"), None)
            given.append((said(next(below(parameter, "variable")))[1:], said(kind)[1:-1] if kind else None))
    body = [it for it in parts(node) if it.type not in ("function_name", "function_parameter_declaration")]
    FUNCTIONS[said(next(below(node, "function_name"))).lower()] = (given, body[-1] if body else None)


def condition(node, out):
    first, block, *others = parts(node)
    if truth(value_of(first)):
        return do(block, out)
    clauses = [it for other in others for it in (parts(other) if other.type == "elseif_clauses" else [other])]
    for clause in clauses:
        inside = parts(clause)
        if clause.type == "else_clause" or truth(value_of(inside[0])):
            return do(inside[-1], out)


def loop(node, out):
    name, values, block = parts(node)
    found = []
    do(values, found)
    for value in found:
        put(said(name)[1:], value)
        try:
            do(block, out)
        except Continue:
            continue
        except Break:
            break


def while_(node, out):
    first, block = parts(node)
    while truth(value_of(first)):
        try:
            do(block, out)
        except Continue:
            continue
        except Break:
            break


def switch(node, out):
    value = value_of(parts(next(below(node, "switch_condition")))[0])
    for clause in below(node, "switch_clause"):
        key, block = parts(clause)[0], parts(clause)[-1]
        if said(clause).startswith("default") or value_of(key) == value:
            return do(block, out)


def flow(node, out):
    word = said(node.children[0]).lower()
    given = node.children[1] if len(node.children) > 1 else None
    if word == "return":
        if given:
            do(given, out)
        raise Return
    if word == "exit":
        raise Exit(value_of(given))
    raise {"continue": Continue, "break": Break}[word]


def attempt(node, out):
    block, *others = parts(node)
    clauses = [it for other in others for it in (parts(other) if other.type == "catch_clauses" else [other])]
    try:
        do(block, out)
    except (Failed, OSError) as failure:
        kind = getattr(failure, "kind", "IO.IOException")
        for clause in (it for it in clauses if it.type == "catch_clause"):
            inside = parts(clause)
            if len(inside) == 1 or kind in said(inside[0]):
                put("_", host.complaint(str(failure)))
                return do(inside[-1], out)
        raise
    finally:
        for clause in (it for it in clauses if it.type == "finally_clause"):
            do(parts(clause)[0], out)


def pipeline(node, out):
    first, *others = parts(node)
    found = []
    do(first, found)
    for other in others:
        given, found = found, []
        command(other, found, given)
    out.extend(found)


def command(node, out, given=None):
    name = node.child_by_field_name("command_name") or node
    elements = node.child_by_field_name("command_elements")
    elements = [it for it in elements.children if it.is_named and it.type != "command_argument_sep"] if elements else []
    name = said(name) if name.type == "command_name" else value_of(name)
    if name.lower() in FUNCTIONS:
        return call(name, [word(it) for it in elements], out)
    options, words = {}, []
    rest = iter(elements)
    for part in rest:
        if part.type == "command_parameter":
            option = said(part).lower()
            options[option] = True if option in host.SWITCHES else word(next(rest))
        else:
            words.append(word(part))
    host.command(name, words, options, (given or [], each), out)


def each(block, value):
    put("_", value)
    return statements(block)


def word(node):
    return said(node) if bare(node).type == "generic_token" else value_of(node)


def call(name, words, out):
    parameters, body = FUNCTIONS[name.lower()]
    assert len(words) <= len(parameters), f"{name} takes no {words}"
    words += [None] * (len(parameters) - len(words))
    FRAMES.append({name.lower(): cast(kind, value) if kind else value for (name, kind), value in zip(parameters, words)})
    try:
        if body:
            do(body, out)
    except Return:
        pass
    finally:
        FRAMES.pop()


STATEMENTS = {
    "assignment_expression": assignment,
    "post_increment_expression": lambda node, _: assign(parts(node)[0], value_of(parts(node)[0]) + 1),
    "function_statement": function,
    "if_statement": condition,
    "foreach_statement": loop,
    "while_statement": while_,
    "switch_statement": switch,
    "flow_control_statement": flow,
    "try_statement": attempt,
    "pipeline_chain": pipeline,
    "command": command,
    "command_name": command,
}


def main(path, *words):
    with open(path, encoding="utf-8-sig", newline="") as script:
        tree = PARSER.parse(script.read().encode()).root_node
    FRAMES[0].update(args=list(words), pscommandpath=path, psscriptroot=os.path.dirname(path))
    for node in below(tree, "function_statement"):
        function(node, [])
    left = []
    do(tree, left)
    assert not left, f"it gives what nobody takes: {left}"


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exit as end:
        sys.exit(end.status)
