"""What `src/transport/job/host.ps1` does: jobs, the fence, copies of the record of a run. Semantics of the
script itself are not verified by this: it is written after it and after its twin `host.sh`."""

import os
import re
import shutil
import subprocess
import sys
import time

import texts
import wine


def read(path):
    with open(path, "rb") as file:
        return file.read().decode()


def write(path, text):
    with open(path + ".new", "wb") as file:
        file.write(text.encode())
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def first(job):
    """Whether nobody has begun the job before."""
    try:
        os.close(os.open(f"{job}/began", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        return True
    except FileExistsError:
        return False


def created(pid):
    """When a process was created; none when it is gone."""
    try:
        fields = read(f"/proc/{pid}/stat").rsplit(") ", 1)[1].split()
        return None if fields[0] == "Z" else fields[19]
    except OSError:
        return None


def runner(job, limit, task):
    """What the task of a job runs, apart from every connection."""
    if not first(job):
        return
    word, status = "ended", 1
    try:
        write(f"{job}/pid", f"{os.getpid()} {created(os.getpid())}")
        text = read(f"{job}/command")
        with open(f"{job}/stdout", "wb") as out, open(f"{job}/stderr", "wb") as err:
            status = texts.perform(text, None, out, err, float(limit),
                                   lambda child: write(f"{job}/child", f"{child.pid} {created(child.pid)}"))
        if status is None:
            word, status = "late", 124
    except Exception as error:
        with open(f"{job}/stderr", "ab") as err:
            err.write(f"{error}\n".encode())
    if os.path.exists(f"{job}/cancelled"):
        word = "cancelled"
    write(f"{job}/status", f"{word} {status}")
    wine.delete_task(task)


class Host:
    """One order."""

    def __init__(self, say, raw, site, fence, holder):
        self.say, self.raw = say, raw
        self.site, self.fence, self.holder = site, int(fence), holder
        self.base = wine.here(rf"C:\ProgramData\mdc\{site}")
        self.lock = None

    def newest(self):
        if not os.path.exists(f"{self.base}/fence"):
            return 0, ""
        number, _, by = read(f"{self.base}/fence").rstrip("\r\n").partition(" ")
        return int(number), by

    def enter(self):
        import fcntl
        for folder in "jobs", "runs":
            os.makedirs(f"{self.base}/{folder}", exist_ok=True)
        self.lock = open(f"{self.base}/lock", "a")
        until = time.monotonic() + 30
        while True:
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    self.say("busy")
                    return False
                time.sleep(0.2)
        newest, by = self.newest()
        if newest > self.fence or newest == self.fence and by != self.holder:
            self.say(f"fenced {newest} {by}")
            return False
        if newest != self.fence:
            write(f"{self.base}/fence", f"{self.fence} {self.holder}\n")
        return True

    def leave(self):
        if self.lock:
            self.lock.close()
            self.lock = None

    def places(self, run, job):
        return f"{self.base}/jobs/{run}/{job}", f"mdc-{self.site}-{run}-{job}"

    def is_named(self, path):
        if not os.path.exists(path):
            return "unknown"
        pid, _, at = read(path).partition(" ")
        return "alive" if created(pid) == at else "gone"

    def is_runner(self, job):
        return self.is_named(f"{job}/pid")

    def start(self, job, task, limit, text):
        os.makedirs(job, exist_ok=True)
        write(f"{job}/boot", wine.boot())
        write(f"{job}/command", text)
        os.makedirs(os.path.dirname(wine.task(task)), exist_ok=True)
        write(wine.task(task), job)
        subprocess.Popen([sys.executable, sys.argv[0], "runner", job, limit, task],
                         start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)

    def tell(self, job, what, keep):
        ends = []
        for stream in "stdout", "stderr":
            path = f"{job}/{stream}"
            every = open(path, "rb").read() if os.path.exists(path) else b""
            ends.append(every[-int(keep):])
        self.say(what)
        self.say(f"{len(ends[0])} {len(ends[1])}")
        self.raw(ends[0] + ends[1])

    def tell_gone(self, job, keep):
        boot = read(f"{job}/boot") if os.path.exists(f"{job}/boot") else ""
        self.tell(job, "gone killed" if boot == wine.boot() else "gone rebooted", keep)

    def attend(self, run, job, limit, keep, text):
        if not self.enter():
            return
        j, task = self.places(run, job)
        if not os.path.exists(f"{j}/began") and not os.path.exists(f"{j}/status"):
            self.start(j, task, limit, text)
        self.leave()
        began = time.monotonic()
        while not os.path.exists(f"{j}/status"):
            time.sleep(0.1)
            waited, state = time.monotonic() - began, self.is_runner(j)
            if os.path.exists(f"{j}/status"):
                break
            if state == "gone":
                wine.delete_task(task)
                return self.tell_gone(j, keep)
            if state == "unknown" and waited >= 60:
                wine.delete_task(task)
                if first(j):
                    return self.tell(j, "gone unstarted", keep)
                if waited >= 90:
                    return self.tell_gone(j, keep)
        wine.delete_task(task)
        self.tell(j, read(f"{j}/status"), keep)

    def cancel(self, run, job):
        if not self.enter():
            return
        j, task = self.places(run, job)
        if not os.path.isdir(j):
            return self.say("unknown")
        if os.path.exists(f"{j}/status"):
            wine.delete_task(task)
            return self.say("over")
        write(f"{j}/cancelled", "")
        if first(j):
            write(f"{j}/status", "cancelled 0")
            wine.delete_task(task)
            return self.say("unstarted")
        began, killed = time.monotonic(), False
        while not os.path.exists(f"{j}/status") and time.monotonic() - began < 20:
            if not killed and self.is_named(f"{j}/child") == "alive":
                wine.end(int(read(f"{j}/child").split(" ")[0]))
                killed = True
            if self.is_runner(j) == "gone" and not os.path.exists(f"{j}/status"):
                wine.delete_task(task)
                return self.say("gone")
            time.sleep(0.1)
        if not os.path.exists(f"{j}/status"):
            return self.say("running")
        wine.delete_task(task)
        self.say("cancelled")

    def forget(self, run):
        if not self.enter():
            return
        folder = f"{self.base}/jobs/{run}"
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            j, task = self.places(run, name)
            if not os.path.exists(f"{j}/status") and self.is_runner(j) == "alive":
                return self.say("running")
            wine.delete_task(task)
        for gone in folder, f"{self.base}/runs/{run}":
            shutil.rmtree(gone, ignore_errors=True)
        self.say("done")

    def discard(self, *contents):
        if not self.enter():
            return
        for content in contents:
            if not re.fullmatch("[0-9a-f]{64}", content):
                raise ValueError(f"remove {content}: it names no content")
            folder = wine.here(rf"C:\ProgramData\mdc\cache\{content}")
            if os.path.isdir(folder):
                shutil.rmtree(folder)
        self.say("done")

    def touch_fence(self):
        if self.enter():
            self.say("done")

    def keep(self, run, name, offset, content):
        if not self.enter():
            return
        os.makedirs(f"{self.base}/runs/{run}", exist_ok=True)
        with open(f"{self.base}/runs/{run}/{name}", "ab+") as file:
            if os.fstat(file.fileno()).st_size >= int(offset):
                file.truncate(int(offset))
                file.write(content.encode())
                file.flush()
            size = os.fstat(file.fileno()).st_size
        self.say(f"has {size}")

    def recall(self, run, name, offset, most):
        path = f"{self.base}/runs/{run}/{name}"
        if not os.path.exists(path):
            return self.say("unknown")
        part = open(path, "rb").read()[int(offset):][:int(most)]
        self.say(f"recall {len(part)}")
        self.raw(part)

    def folders(self, path, needs):
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            if os.path.exists(os.path.join(path, name, needs)):
                self.say(name)

    def survey(self):
        newest, by = self.newest()
        self.say(f"survey {newest} {by}")
        self.folders(f"{self.base}/runs", "")

    def jobs(self, run):
        self.say("jobs")
        self.folders(f"{self.base}/jobs/{run}", "began")


VERBS = "touch_fence attend cancel forget discard keep recall survey jobs".split()


def order(say, raw, site, fence, holder, verb, *rest):
    host = Host(say, raw, site, fence, holder)
    try:
        if verb not in VERBS:
            return say(f"cannot {verb}")
        getattr(host, verb)(*rest)
    except Exception as error:
        say(f"cannot {verb}: {' '.join(str(error).split())}")
    finally:
        host.leave()
