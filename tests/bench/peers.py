"""The contenders of the pull benchmark: ours, the engines, the plain pipes.

Each is started with a fresh directory (store, state), runs one command on the clock, and
is stopped.  Daemons are ours: own data root, own socket, ended by pid."""
import os, shutil, signal, subprocess, time

BIN = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../bin"))
PIPELINES = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../pipelines"))

DOCKERD = ("dockerd --data-root {d}/s --exec-root {d}/e -H unix://{d}/sock -p {d}/pid "
           "--bridge=none --iptables=false --ip-forward=false --ip-masq=false")

PIPE = r'''
base=http://$REG/v2/$IMG
curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' $base/manifests/latest |
	jq -r '.layers[].digest' | while read -r d; do
	curl -sfL $base/blobs/$d | %s || exit 1
done'''


class Peer:
    """A command with no daemon.  {d}: its fresh directory; $REG and $IMG: the image."""
    needs = ()
    daemon = None

    def __init__(self, name, command, needs=()):
        self.name, self.command, self.needs = name, command, needs

    def usable(self):
        return all(shutil.which(n) for n in self.needs)

    def start(self, d):
        os.makedirs(d)

    def stop(self):
        pass

    def shell(self, d):
        return self.command.replace("{d}", d)


class Daemon(Peer):
    """The same, asked through a daemon that is started before the clock."""

    def __init__(self, name, command, serve, needs):
        super().__init__(name, command, needs)
        self.serve = serve

    def start(self, d):
        super().start(d)
        log = open(d + "/log", "w")
        self.daemon = subprocess.Popen(["sh", "-c", "exec " + self.serve.replace("{d}", d)],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        for _ in range(300):
            if os.path.exists(d + "/sock"):
                time.sleep(1)
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(.1)
        raise RuntimeError(self.name + ": " + open(d + "/log").read()[-500:])

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        try:
            self.daemon.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.daemon.pid, signal.SIGKILL)
            self.daemon.wait()
        self.daemon = None


def pullers():
    ours = Peer("longshore", "LONGSHORE_STORE={d}/s XDG_RUNTIME_DIR={d} image-pull $REG/$IMG")
    tls = "--tls-verify=false"
    return [
        ours,
        Peer("podman", f"podman --root {{d}}/s --runroot {{d}}/r --storage-driver overlay "
             f"pull -q {tls} $REG/$IMG", ["podman"]),
        Peer("buildah", f"buildah --root {{d}}/s --runroot {{d}}/r --storage-driver overlay "
             f"pull -q {tls} $REG/$IMG", ["buildah"]),
        Peer("skopeo+umoci", "skopeo copy -q --src-tls-verify=false docker://$REG/$IMG "
             "oci:{d}/o:latest && umoci unpack --image {d}/o:latest {d}/b",
             ["skopeo", "umoci"]),
        Daemon("docker", "docker -H unix://{d}/sock pull -q $REG/$IMG",
               DOCKERD, ["docker", "dockerd"]),
        Daemon("containerd", "ctr -a {d}/sock images pull --plain-http $REG/$IMG:latest",
               "containerd --root {d}/s --state {d}/e -a {d}/sock", ["ctr", "containerd"]),
        Peer("curl|tar", "mkdir {d}/t;" + PIPE % "tar -xzf - -C {d}/t", ["curl", "jq"]),
        Peer("curl|igzip|tar", "mkdir {d}/t;" + PIPE % "igzip -dc | tar -xf - -C {d}/t",
             ["curl", "igzip"]),
        Peer("curl|bsdtar", "mkdir {d}/t;" + PIPE % "bsdtar -xpf - -C {d}/t", ["bsdtar"]),
    ]
