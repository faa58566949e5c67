"""The tasks that are not pulls: start, chain, engine, net, mount, overlay, many.

Each returns a list of (title, unit, {contender: [wall, cpu, peak kB]}), ours first."""
import json, os, shutil, subprocess, time
import peers

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(HERE + "/../..")
BIN, PIPELINES = TOP + "/bin", TOP + "/pipelines"


def sh(script, **env):
    return subprocess.run(["bash", "-ec", script], check=True, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env=dict(os.environ, **env)).stdout


def build(out):
    """The C helpers, and a root file system with a static `true` in it."""
    sh(f"""mkdir -p {out}/root/bin {out}/root/proc {out}/root/dev {out}/root/sys {out}/root/tmp \
        {out}/root/etc {out}/root/home
    touch {out}/root/etc/passwd {out}/root/etc/group {out}/root/etc/hosts {out}/root/etc/resolv.conf
    cc -O2 -o {out}/timeit {HERE}/timeit.c
    musl-gcc -static -O2 -idirafter /usr/include -idirafter /usr/include/$(cc -print-multiarch) \
        -o {out}/floor {HERE}/floor.c
    echo 'int main(void) {{ return 0; }}' | musl-gcc -static -O2 -x c -o {out}/root/bin/true -
    echo '#include <unistd.h>
    int main(int n, char **v) {{ write(1, v[0], 1); if (n > 1) pause(); return 0; }}' |
        musl-gcc -static -O2 -x c -o {out}/root/bin/ready -
    cp /bin/busybox {out}/root/bin/ && ln -sf busybox {out}/root/bin/sleep""")


def lap(out, n, argv):
    """Median of n runs by timeit, in seconds."""
    p = subprocess.run([out + "/timeit", str(n), *argv], check=True, capture_output=True,
                       text=True, stdin=subprocess.DEVNULL).stdout.split()
    return [float(p[0]) / 1e6, float(p[2]) / 1e6, int(p[3])]


def alternate(out, rounds, n, contenders):
    """A B A B: each contender n runs a round; the median round by wall time."""
    laps = {}
    for r in range(rounds + 1):
        for name, argv in list(contenders.items()):
            if not shutil.which(argv[0]):
                continue
            try:
                sample = lap(out, n, argv)
            except subprocess.CalledProcessError as e:
                print(f"  {name} is out: {e.stderr.strip()[-200:]}")
                del contenders[name]
                continue
            if r:
                laps.setdefault(name, []).append(sample)
    return {k: sorted(v)[len(v) // 2] for k, v in laps.items()}


def bundle(out, name, namespaces):
    """An OCI bundle for crun and runc, of the same root."""
    d = f"{out}/{name}"
    os.makedirs(d, exist_ok=True)
    config = json.loads(sh("cd $(mktemp -d) && crun spec && cat config.json"))
    config["root"] = {"path": out + "/root", "readonly": False}
    config["process"].update(terminal=False, args=["/bin/true"])
    config["linux"]["namespaces"] = [{"type": t} for t in namespaces]
    config["linux"].pop("resources", None)
    config["mounts"] = [m for m in config["mounts"] if m["type"] != "cgroup"]
    with open(d + "/config.json", "w") as f:
        json.dump(config, f)
    return d


def start(rounds, out, _images):
    root, true, titles = out + "/root", "/bin/true", []
    own = ["pid", "mount", "uts", "ipc", "cgroup"]
    for title, net in (("start, no network ns", False), ("start, with network ns", True)):
        ns = own + (["network"] if net else [])
        b = bundle(out, "bundle-net" if net else "bundle", ns)
        crun = ["crun", "--cgroup-manager=disabled", "run", "-b", b, f"bench{os.getpid()}"]
        runc = ["runc", "run", "-b", b, f"bench{os.getpid()}"]
        u = ["unshare", "-fpmui", "-C", *(["-n"] if net else []), f"--mount-proc={root}/proc",
             "chroot", root, true]
        bw = ["bwrap", "--bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--unshare-pid",
              "--unshare-uts", "--unshare-ipc", "--unshare-cgroup",
              *(["--unshare-net"] if net else []), true]
        ours = [BIN + "/ns-exec", "--pid", "--mount", "--uts", "--ipc", "--cgroup",
                *(["--net"] if net else []), "--root", root, true]
        rows = alternate(out, rounds, 100, {
            "ns-exec": ours, "floor program": [out + "/floor", *(["-n"] if net else []), root, true],
            "crun": crun, "runc": runc, "bwrap": bw, "unshare+chroot": u,
            "ch-run": ["env", "USER=root", "ch-run", root, "--", true]} if not net else {
            "ns-exec": ours, "floor program": [out + "/floor", "-n", root, true],
            "crun": crun, "runc": runc, "bwrap": bw, "unshare+chroot": u})
        titles.append((title, "ms", rows))
    return titles


BUBBLE = r"""
set -e
mount -t tmpfs tmpfs /run; mkdir -p /run/netns
mkdir -p /etc/netns; mount -t tmpfs tmpfs /etc/netns
ip link set lo up; ip link add up0 type bridge; ip addr add 192.0.2.10/24 dev up0
ip link set up0 up; ip route add default via 192.0.2.1
"""


def in_bubble(script, out):
    """Run lines of NAME|N|COMMAND by timeit in a throw-away network: {name: sample}."""
    text = subprocess.run(["unshare", "-mn", "bash", "-c", BUBBLE + script], check=True,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, PATH=f"{BIN}:{os.environ['PATH']}", OUT=out,
                                   HERE=HERE)).stdout
    rows = {}
    for line in text.splitlines():
        if len(line.rsplit(" ", 4)) < 5 or not line.rsplit(" ", 1)[1].isdigit():
            print("  out:", line)
            continue
        name, med, _, cpu, peak = line.rsplit(" ", 4)
        rows.setdefault(name, []).append([float(med) / 1e6, float(cpu) / 1e6, int(peak)])
    return {k: sorted(v)[len(v) // 2] for k, v in rows.items()}


def chain(rounds, out, _images):
    """The whole chain, with a network, against crun alone without one."""
    b = bundle(out, "bundle", ["pid", "mount", "uts", "ipc", "cgroup"])
    script = f"""
    mkdir -p $OUT/chain; mount -t tmpfs tmpfs $OUT/chain; cd $OUT/chain
    mkdir upper work rootfs low1; cp -a $OUT/root/. low1
    for r in $(seq {rounds}); do
    echo "four-tool chain $($OUT/timeit 40 cg-place bench -- net-plumb c{{}} -- ns-exec --mount -- \
        ovl-mount -l low1 -l $OUT/root -u upper -w work rootfs -- \
        ns-exec --pid --uts --ipc --cgroup --root rootfs -- /bin/true)"
    for i in $(seq 0 39); do net-plumb -d c$i; done
    echo "crun run, no network $($OUT/timeit 40 crun --cgroup-manager=disabled run -b {b} x$$)"
    done; cg-place -d bench"""
    # "{}" alone is timeit's run number; a name needs it whole.
    script = script.replace("c{}", "{}").replace("-d c$i", "-d $i")
    return [("chain", "ms", in_bubble(script, out))]


WALK_ADD = r"""#!/bin/sh
# The walkthrough's commands for container $1; the bridge is there.
set -e
ip netns add w$1
ip link add v$1 type veth peer name c$1
ip link set c$1 netns w$1
ip link set v$1 master wbr0
ip link set v$1 up
ip netns exec w$1 ip link set lo up
ip netns exec w$1 ip link set c$1 up
ip netns exec w$1 ip addr add 172.31.$(($1 / 200)).$(($1 % 200 + 2))/16 dev c$1
ip netns exec w$1 ip route add default via 172.31.255.254
iptables -t nat -C POSTROUTING -s 172.31.0.0/16 ! -d 172.31.0.0/16 -j MASQUERADE 2>/dev/null ||
	iptables -t nat -A POSTROUTING -s 172.31.0.0/16 ! -d 172.31.0.0/16 -j MASQUERADE
"""
WALK_DEL = "#!/bin/sh\nip link del v$1; ip netns del w$1\n"
CNI = r"""#!/bin/sh
# CNI's bridge plugin with host-local addresses: $1 ADD or DEL, $2 the number.
set -e
[ $1 = DEL ] || ip netns add k$2
echo '{"cniVersion":"0.4.0","name":"bench","type":"bridge","bridge":"cbr0","isGateway":true,
"ipMasq":true,"ipam":{"type":"host-local","subnet":"10.99.0.0/16","dataDir":"/run/cni",
"routes":[{"dst":"0.0.0.0/0"}]}}' |
CNI_COMMAND=$1 CNI_CONTAINERID=k$2 CNI_NETNS=/run/netns/k$2 CNI_IFNAME=eth0 \
CNI_PATH=/usr/lib/cni /usr/lib/cni/bridge >/dev/null
[ $1 = ADD ] || ip netns del k$2
"""


def net(rounds, out, _images):
    for name, body in (("walk-add", WALK_ADD), ("walk-del", WALK_DEL), ("cni", CNI)):
        with open(f"{out}/{name}", "w") as f:
            f.write(body)
        os.chmod(f"{out}/{name}", 0o755)
    script = """
    echo 1 >/proc/sys/net/ipv4/ip_forward
    ip link add wbr0 type bridge; ip addr add 172.31.255.254/16 dev wbr0; ip link set wbr0 up
    for r in $(seq %d); do
    echo "add/net-plumb $($OUT/timeit 20 net-plumb {})"
    echo "del/net-plumb $($OUT/timeit 20 net-plumb -d {})"
    echo "add/walkthrough $($OUT/timeit 20 $OUT/walk-add {})"
    echo "del/walkthrough $($OUT/timeit 20 $OUT/walk-del {})"
    if [ -x /usr/lib/cni/bridge ]; then
    echo "add/CNI bridge $($OUT/timeit 20 $OUT/cni ADD {})"
    echo "del/CNI bridge $($OUT/timeit 20 $OUT/cni DEL {})"
    fi; done
    echo "flat/1st to 20th $($OUT/timeit 20 net-plumb {})"
    for i in $(seq 20 479); do net-plumb "$i" >/dev/null; done
    echo "flat/481st to 500th $(FIRST=480 $OUT/timeit 20 net-plumb {})"
    """ % rounds
    rows = in_bubble(script, out)
    pick = lambda p: {k[len(p):]: v for k, v in rows.items() if k.startswith(p)}  # noqa: E731
    return [("network add", "ms", pick("add/")), ("network delete", "ms", pick("del/")),
            ("network add when many", "ms", pick("flat/"))]


def docker(d, images):
    """A dockerd of our own with the image in it; (daemon, command), or (None, None)."""
    peer = peers.Daemon("docker", "", peers.DOCKERD, ["docker", "dockerd"])
    if not peer.usable():
        return None, None
    peer.start(d + "/docker")
    host = f"unix://{d}/docker/sock"
    sh(f"""skopeo copy -q oci:{images}/tiny:latest docker-archive:{d}/tiny.tar:bench:latest
    docker -H {host} load -q -i {d}/tiny.tar""")
    return peer, ["docker", "-H", host, "run", "--rm", "--net", "none", "bench:latest", "/bin/true"]


def engine(rounds, out, images):
    """container-run --net none against podman and docker, image already pulled."""
    d = out + "/engine"
    shutil.rmtree(d, ignore_errors=True)
    os.makedirs(d)
    env = {"LONGSHORE_STORE": d + "/s", "D": d, "IMG": images + "/tiny",
           "PATH": f"{BIN}:{PIPELINES}:{os.environ['PATH']}"}
    os.environ.update(env)
    sh("image-pull oci:$IMG:latest")
    podman = ["podman", "--root", d + "/p", "--runroot", d + "/pr", "--cgroup-manager=cgroupfs",
              "--events-backend=file"]
    contenders = {"container-run": ["container-run", "--rm", "--net", "none",
                                    f"oci:{images}/tiny:latest", "/bin/true"]}
    if shutil.which("podman"):
        sh("skopeo copy -q oci:$IMG:latest containers-storage:[overlay@$D/p+$D/pr]bench:latest")
        # The limits spelled out: its defaults need CAP_SYS_RESOURCE, which root may lack.
        contenders["podman run"] = [*podman, "run", "--rm", "--net", "none", "--cgroups=disabled",
                                    "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=999:999",
                                    "--pull=never", "bench:latest", "/bin/true"]
    daemon, command = docker(d, images)
    if daemon:
        contenders["docker run"] = command
    try:
        return [("container-run, no network", "ms", alternate(out, rounds, 10, contenders))]
    finally:
        if daemon:
            daemon.stop()


def mount(rounds, out, images):
    """layer-mount of the debian layer: ready, and md5sum of all files."""
    manifest = sh(f"cd {images}/debian/blobs/sha256 && ls -S | head -1").strip()
    layer = f"{images}/debian/blobs/sha256/{manifest}"
    d = out + "/mnt"
    os.makedirs(d, exist_ok=True)

    def clock(script):
        started = time.monotonic()
        sh(script)
        return [time.monotonic() - started, 0, 0]
    ready, read = {}, {}
    for _ in range(max(1, rounds // 2)):
        ready.setdefault("layer-mount", []).append(clock(f"{BIN}/layer-mount {layer} {d}"))
        read.setdefault("layer-mount", []).append(
            clock(f"find {d} -type f -print0 | xargs -0 md5sum"))
        sh(f"{BIN}/layer-mount -d {d}")
        ready.setdefault("igzip|tar x", []).append(
            clock(f"mkdir {out}/x && igzip -dc {layer} | tar -x -C {out}/x"))
        read.setdefault("the unpacked tree", []).append(
            clock(f"find {out}/x -type f -print0 | xargs -0 md5sum"))
        sh(f"rm -rf {out}/x")
        if shutil.which("archivemount"):
            ready.setdefault("archivemount", []).append(
                clock(f"archivemount -o readonly {layer} {d}"))
            # Quadratic: the first 60 files only, as the row's name says.
            read.setdefault("archivemount, 60 files", []).append(
                clock(f"find {d} -type f -print0 | head -z -n 60 | xargs -0 md5sum"))
            sh(f"umount {d}")
    mid = lambda rows: {k: sorted(v)[len(v) // 2] for k, v in rows.items()}  # noqa: E731
    return [("layer-mount, ready", "s", mid(ready)), ("layer-mount, md5sum", "s", mid(read))]


def overlay(rounds, out, _images):
    """400 lower directories: ovl-mount against the raw fsconfig calls of a C program."""
    sh(f"""cc -O2 -o {out}/rawovl {HERE}/rawovl.c
    mkdir -p {out}/ovl; for i in $(seq 400); do mkdir -p {out}/ovl/l$i; echo {out}/ovl/l$i; done \
        >{out}/ovl/list; mkdir -p {out}/ovl/t""")
    script = """
    for r in $(seq %d); do
    echo "ovl-mount, 400 layers $($OUT/timeit 20 ovl-mount -L $OUT/ovl/list $OUT/ovl/t)"
    for i in $(seq 20); do umount $OUT/ovl/t; done
    echo "the raw calls $($OUT/timeit 20 $OUT/rawovl $OUT/ovl/list $OUT/ovl/t)"
    for i in $(seq 20); do umount $OUT/ovl/t; done
    done""" % rounds
    return [("overlay of 400 layers", "ms", in_bubble(script, out))]


def spawn(argv, pipe):
    return os.posix_spawnp(argv[0], argv, os.environ,
                           file_actions=[(os.POSIX_SPAWN_DUP2, pipe, 1)])


def many(rounds, out, _images):
    """500 containers at once: memory of ours for each, time of all against 500 singles.
    A container has started when its program writes a byte."""
    ns = [BIN + "/ns-exec", "--pid", "--uts", "--ipc", "--cgroup", "--root", out + "/root",
          "/bin/ready"]
    read, write = os.pipe()
    singles, crowds, size = [], [], 0
    for _ in range(max(1, rounds // 2)):
        started = time.monotonic()
        for _ in range(500):
            pid = spawn(ns, write)
            os.read(read, 1)
            os.waitpid(pid, 0)
        singles.append((time.monotonic() - started) / 500)
        started, seen = time.monotonic(), 0
        pids = [spawn([*ns, "wait"], write) for _ in range(500)]
        while seen < 500:
            seen += len(os.read(read, 500))
        crowds.append((time.monotonic() - started) / 500)
        size = sum(pss(p) for p in pids) / 500
        for p in pids:
            os.kill(p, 15)
        for p in pids:
            os.waitpid(p, 0)
    print(f"  500 containers: {size:.0f} kB of ours each (proportional set size)")
    return [("500 starts, each", "ms", {"at once": [sorted(crowds)[len(crowds) // 2], 0, size],
                                        "one by one": [sorted(singles)[len(singles) // 2], 0, 0]})]


def pss(pid):
    """A process's own memory in kB, shared pages by their share."""
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


ALL = {"start": start, "chain": chain, "engine": engine, "net": net, "mount": mount,
       "overlay": overlay, "many": many}
