"""Edits of a parsed Gramine manifest, for mutants of it: each function makes one, a function of the
document. A path is "sgx.debug", or "fs.mounts.0.path"."""


def holder(document, path):
    *tables, last = path.split(".")
    for name in tables:
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document, int(last) if isinstance(document, list) else last


def put(path, value):
    def edit(document):
        table, key = holder(document, path)
        table[key] = value
    return edit


def drop(path):
    def edit(document):
        table, key = holder(document, path)
        del table[key]
    return edit


def shadow(key, value):
    """At the top, under one quoted key: "sgx.debug" beside [sgx]."""
    def edit(document):
        document[key] = value
    return edit


def append(path, value):
    def edit(document):
        table, key = holder(document, path)
        table[key].append(value)
    return edit


def argv(old, new):
    """Words of loader.argv, which must be there, become others."""
    def edit(document):
        words, wanted = document["loader"]["argv"], old.split()
        starts = [i for i in range(len(words)) if words[i:i + len(wanted)] == wanted]
        assert starts, old
        words[starts[0]:starts[0] + len(wanted)] = new.split()
    return edit


def mount(path, /, **changes):
    """Keys of the mount at `path`; None takes one away."""
    def edit(document):
        found = [m for m in document["fs"]["mounts"] if m["path"] == path]
        assert found, path
        for key, value in changes.items():
            found[0].pop(key, None) if value is None else found[0].update({key: value})
    return edit


def unmount(path):
    def edit(document):
        document["fs"]["mounts"] = [m for m in document["fs"]["mounts"] if m["path"] != path]
    return edit


def trusted(uri, /, **changes):
    def edit(document):
        found = [f for f in document["sgx"]["trusted_files"] if f["uri"] == uri]
        assert found, uri
        for key, value in changes.items():
            found[0].pop(key, None) if value is None else found[0].update({key: value})
    return edit


def distrust(uri):
    def edit(document):
        files = document["sgx"]["trusted_files"]
        document["sgx"]["trusted_files"] = [f for f in files if f["uri"] != uri]
    return edit


def altered(value):
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + ("x" if isinstance(value, str) else 1)


def edits(node, path=""):
    """(name, edit) for every key and element: taken away, altered, doubled; and for every table and
    list: one more."""
    keys = range(len(node)) if isinstance(node, list) else list(node)
    for key in keys:
        where = f"{path}.{key}".lstrip(".")
        yield f"drop {where}", drop(where)
        if isinstance(node, list):
            yield f"double {where}", append(path, node[key])
        if isinstance(node[key], (dict, list)):
            yield f"replace {where}", put(where, "x")
            yield from edits(node[key], where)
        else:
            yield f"alter {where}", put(where, altered(node[key]))
            yield f"retype {where}", put(where, [node[key]])
    if isinstance(node, dict):
        yield f"add to {path}", put(f"{path}.surplus".lstrip("."), True)
    else:
        yield f"append to {path}", append(path, "surplus" if keys and isinstance(node[0], str) else {})
