#!/usr/bin/env python3
"""Runs a command of the portal, with nothing but `python3` on the machine.

First run: finds Python 3.11 or newer, makes `.venv` from the hash lock, and starts again inside it. Where the portal's packages are
installed already (the container image), none of that happens. Syntax of Python 3.6, so that an old interpreter can say what is missing.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
OLDEST = (3, 11)
LOCKS = ("requirements.lock",)
DEV_LOCKS = ("requirements.lock", "requirements-dev.lock")
# Commands that need the tools of development too.
DEV_COMMANDS = ("test", "lintmigrations")
NEEDED = ("django", "celery", "psycopg", "rest_framework", "knox", "duckdb", "structlog")
DEV_NEEDED = NEEDED + ("pytest", "hypothesis", "xdist")
STAMP = os.path.join(VENV, "csm-portal.stamp")


def main():
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    ensure_packages(command in DEV_COMMANDS)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csm_portal.settings")
    from csm_portal.embedded.commands import run

    sys.exit(run(sys.argv))


def ensure_packages(dev):
    """Return when this interpreter has the packages; otherwise start again inside `.venv`, making it first if need be."""
    inside = os.path.realpath(sys.prefix) == os.path.realpath(VENV)
    if not inside and sys.version_info >= OLDEST and has_modules(DEV_NEEDED if dev else NEEDED):
        return
    if not is_current(dev):
        with Lock(os.path.join(ROOT, ".venv.lock")):
            if not is_current(dev):  # another command may have made it meanwhile
                make_environment(dev)
                inside = False
    if not inside:
        python = venv_python()
        os.execv(python, [python, os.path.join(ROOT, "manage.py")] + sys.argv[1:])


def has_modules(names):
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in names)


def is_current(dev):
    """Whether `.venv` was made from the locks as they are now."""
    try:
        with open(STAMP) as file:
            stamped = file.read().split()
    except (IOError, OSError):
        return False
    return digest(DEV_LOCKS) in stamped or (not dev and digest(LOCKS) in stamped)


def digest(locks):
    content = hashlib.sha256()
    for name in locks:
        with open(os.path.join(ROOT, name), "rb") as file:
            content.update(file.read())
    return content.hexdigest()


def make_environment(dev):
    """Make or refresh `.venv`. With uv when it works, else with pip."""
    locks = DEV_LOCKS if dev or is_stamped_for_development() else LOCKS
    started = time.time()
    say("Preparing the Python environment in .venv (once; a minute or so) ...")
    if not usable(venv_python()):
        make_venv(find_python())
    if not (install_with_uv(locks) or install_with_pip(locks)):
        stop("The packages could not be installed; see the lines above. Try again when the package index answers.")
    with open(STAMP, "w") as file:
        file.write(digest(locks) + (" dev" if locks == DEV_LOCKS else "") + "\n")
    say("Environment ready after %d s." % (time.time() - started))


def is_stamped_for_development():
    try:
        with open(STAMP) as file:
            return "dev" in file.read().split()
    except (IOError, OSError):
        return False


def make_venv(python):
    """Make an empty `.venv`. One half-made by an earlier try is removed; one that somebody else made is not."""
    marker = os.path.join(VENV, "csm-portal.made")
    if os.path.exists(VENV) and os.listdir(VENV):
        if not os.path.exists(marker):
            stop("%s does not work and was not made by this program. Remove it and try again." % VENV)
        shutil.rmtree(VENV)
    try:
        if not os.path.isdir(VENV):
            os.mkdir(VENV)
        open(marker, "w").close()
    except OSError as error:
        stop("Cannot write to %s (%s). Use a checkout of your own." % (ROOT, error.strerror))
    process = subprocess.run([python, "-m", "venv", VENV], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if process.returncode == 0 and usable(venv_python()) and quiet([venv_python(), "-m", "pip", "--version"]):
        return
    # Without ensurepip (Debian's python3-venv not installed) uv can still fill an environment that has no pip.
    if find_uv() and quiet([python, "-m", "venv", "--clear", "--without-pip", VENV]) and usable(venv_python()):
        open(marker, "w").close()
        return
    no_venv(python)


def no_venv(python):
    shutil.rmtree(VENV, ignore_errors=True)
    version = output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]) or "3"
    stop("This Python cannot make virtual environments. On Debian or Ubuntu: apt install python%s-venv" % version)


def install_with_uv(locks):
    uv = find_uv()
    if uv is None:
        return False
    command = [uv, "pip", "install", "--quiet", "--python", venv_python(), "--require-hashes"]
    process = subprocess.run(command + requirement_options(locks), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if process.returncode != 0:
        # uv does not read pip's settings, a company mirror for one.
        say("uv could not install the packages; trying pip ...")
    return process.returncode == 0


def install_with_pip(locks):
    """Install with pip, with a line of progress every few seconds and pip's own last lines when it fails."""
    python = venv_python()
    if not quiet([python, "-m", "pip", "--version"]) and not quiet([python, "-m", "ensurepip"]):
        no_venv(python)
    total = sum(count_packages(name) for name in locks)
    command = [python, "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    process = subprocess.Popen(
        command + requirement_options(locks), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    lines, collected, told = [], 0, time.time()
    for line in process.stdout:
        lines = (lines + [line.rstrip()])[-15:]
        collected += line.startswith("Collecting")
        if time.time() - told > 5:
            told = time.time()
            say("  %d of about %d packages ..." % (collected, total))
        elif line.startswith("Installing collected"):
            say("  installing %d packages ..." % collected)
    if process.wait() != 0:
        say("\n".join(lines))
    return process.returncode == 0


def requirement_options(locks):
    return [part for name in locks for part in ("-r", os.path.join(ROOT, name))]


def count_packages(lock):
    with open(os.path.join(ROOT, lock)) as file:
        return sum("==" in line and not line.startswith((" ", "#")) for line in file)


def find_python():
    """The first Python that is new enough: this one, then what PATH and the usual folders hold, then uv's."""
    if sys.version_info >= OLDEST:
        return sys.executable
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep) + ["/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"]
    names = ["python3.%d" % minor for minor in range(20, OLDEST[1] - 1, -1)] + ["python3", "python"]
    candidates = [os.path.join(folder, name) for name in names for folder in folders]
    for candidate in candidates:
        if os.access(candidate, os.X_OK) and usable(candidate):
            return candidate
    uv = find_uv()
    found = output([uv, "python", "find", ">=%d.%d" % OLDEST]) if uv else ""
    if found and usable(found):
        return found
    stop(
        "The portal needs Python %d.%d or newer; this is %d.%d, and no newer one was found on this machine. "
        "Install one (Debian 12 and Ubuntu 24.04: apt install python3) and try again." % (OLDEST + sys.version_info[:2])
    )


def find_uv():
    return shutil.which("uv")


def usable(python):
    return os.path.exists(python) and quiet([python, "-c", "import sys; sys.exit(sys.version_info < (%d, %d))" % OLDEST])


def quiet(command):
    """Run; True when it went well."""
    try:
        return subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def output(command):
    try:
        process = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    except OSError:
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""


def environment():
    """Our environment for pip and uv: with a home, since an empty one would put caches into the current folder."""
    values = dict(os.environ)
    for name in ("PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__"):
        values.pop(name, None)
    if not values.get("HOME"):
        try:
            import pwd

            values["HOME"] = pwd.getpwuid(os.getuid()).pw_dir
        except (ImportError, KeyError):
            values["HOME"] = VENV
        if not os.access(values["HOME"], os.W_OK):
            values["HOME"] = VENV
    return values


def venv_python():
    return os.path.join(VENV, "bin", "python")


class Lock(object):
    """One maker of `.venv` at a time."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        import fcntl

        try:
            self.file = open(self.path, "w")
        except (IOError, OSError) as error:
            stop("Cannot write to %s (%s). Use a checkout of your own." % (ROOT, error.strerror))
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (IOError, OSError):
            say("Waiting for another command that prepares the environment ...")
            fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_error):
        self.file.close()


def say(text):
    print(text, file=sys.stderr)
    sys.stderr.flush()


def stop(text):
    say(text)
    sys.exit(1)


if __name__ == "__main__":
    main()
