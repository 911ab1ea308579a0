package dev.ambit.e2e.lab;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Nodes and pods as network namespaces on one machine.
///
/// Each node is a namespace with its own addresses, its pods behind it; every two hosts (the nodes
/// and the one of the control plane) have a cable of their own, so a packet from pod to pod of
/// another node crosses exactly three virtual cables and can be watched on the middle one.
/// Congestion control is reno everywhere: with the machine's default a run would measure that
/// instead.
///
/// Nothing is left behind: `close` removes all, a shutdown hook calls it on SIGINT and SIGTERM, and
/// [#cleanStale] removes what a killed run left. Needs root. Not for several threads at once,
/// except `close`.
public final class Lab implements AutoCloseable {
    private final LabConfig config;
    private final RunState state;
    private final Processes processes;
    private final Host control;
    private final Map<String, Host> nodes = new LinkedHashMap<>();
    private final List<LabPod> pods = new ArrayList<>();
    private final Map<Integer, Integer> podsEver = new LinkedHashMap<>();
    private final Thread atExit = new Thread(this::closeQuietly, "lab-cleanup");
    private boolean closed;

    private Lab(LabConfig config, RunState state) {
        this.config = config;
        this.state = state;
        this.processes = new Processes(state, config);
        this.control = new Host("control", 0, namespace("control"));
    }

    /// A lab with the control plane's namespace and nothing else; first removes what killed runs
    /// left.
    public static Lab open(LabConfig config) {
        cleanStale(config);
        var lab = new Lab(config, createState(config));
        Runtime.getRuntime().addShutdownHook(lab.atExit);
        try {
            lab.createHost(lab.control);
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
        return lab;
    }

    /// Several labs may be in one process, one after another or at once, as tests have them.
    private static synchronized RunState createState(LabConfig config) {
        String id = "ambit-" + ProcessHandle.current().pid();
        for (int suffix = 2; config.stateRoot().resolve(id).toFile().exists(); suffix++) {
            id = "ambit-" + ProcessHandle.current().pid() + "-" + suffix;
        }
        return RunState.create(config.stateRoot(), id, config.kind());
    }

    /// Removes what killed runs left: their processes, unless the number has passed to another one
    /// since, their namespaces and files.
    ///
    /// @return how many runs were removed
    public static int cleanStale(LabConfig config) {
        int removed = 0;
        for (RunState run : RunState.all(config.stateRoot())) {
            if (run.isStale()) {
                run.remove(config);
                removed++;
            }
        }
        return removed;
    }

    public Host control() {
        return control;
    }

    public List<Host> nodes() {
        return List.copyOf(nodes.values());
    }

    public List<LabPod> pods() {
        return List.copyOf(pods);
    }

    public Processes processes() {
        return processes;
    }

    public RunState state() {
        return state;
    }

    public LabConfig config() {
        return config;
    }

    public Await await() {
        return config.await();
    }

    /// A new node, with a cable to every host there is.
    public Host addNode(String name) {
        int index = nodes.size() + 1;
        if (index > config.limits().nodes()) {
            throw new LabFault("too many nodes (most: " + config.limits().nodes() + ")");
        }
        var node = new Host(name, index, namespace("n-" + name));
        if (nodes.putIfAbsent(name, node) != null) {
            throw new LabFault("node " + name + " exists already");
        }
        createHost(node);
        sysctl(node.netns(), "net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1");
        connect(control, node);
        nodes.values().stream()
                .filter(other -> other.index() != index)
                .forEach(other -> connect(other, node));
        return node;
    }

    /// A new pod behind a node, with an address of the node's range.
    public LabPod addPod(Host node, String namespace, String name) {
        int ordinal = podsEver.getOrDefault(node.index(), 0);
        String address = AddressPlan.pod(node.index(), ordinal);
        return addPod(node, namespace, name, AddressPlan.literal(address));
    }

    /// A new pod behind a node.
    ///
    /// @param address IPv4, of the node's range (see [#addNode]) or it is not reachable from others
    public LabPod addPod(Host node, String namespace, String name, InetAddress address) {
        int ordinal = podsEver.merge(node.index(), 1, Integer::sum) - 1;
        if (ordinal >= config.limits().podsPerNode()) {
            throw new LabFault(
                    "too many pods on %s (most, over the lab's life: %d)"
                            .formatted(node.name(), config.limits().podsPerNode()));
        }
        var pod =
                new LabPod(
                        node,
                        namespace,
                        name,
                        config.uuids().get().toString(),
                        ordinal,
                        namespace("p-" + namespace + "." + name),
                        address,
                        config.ipv6());
        createNamespace(pod.netns());
        cable(pod);
        pods.add(pod);
        return pod;
    }

    /// Removes a pod and what runs in it.
    public void removePod(LabPod pod) {
        pods.remove(pod);
        Command.of("ip", "netns", "pids", pod.netns().name())
                .attempt(config.limits().command())
                .out()
                .lines()
                .flatMap(line -> ProcessId.of(Long.parseLong(line.strip())).stream())
                .forEach(id -> RunState.end(id, config));
        Command.of("ip", "netns", "del", pod.netns().name()).run(config.limits().command());
    }

    /// Where packets from one host to another can be watched.
    public Link link(Host from, Host to) {
        return new Link(from, to, "to-" + to.shortName());
    }

    /// Runs a short command inside a namespace.
    public String run(NetNamespace where, String... command) {
        return where.inside(command).run(config.limits().command());
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            state.remove(config);
        } finally {
            removeHook();
        }
    }

    private void removeHook() {
        if (Thread.currentThread() != atExit) {
            try {
                Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException e) {
                // Already on the way down: the hook finds the lab closed.
                return;
            }
        }
    }

    private void closeQuietly() {
        try {
            close();
        } catch (RuntimeException e) {
            System.err.println("ambit: cleaning up failed, the next run will try again: " + e);
        }
    }

    private NetNamespace namespace(String suffix) {
        return new NetNamespace(state.id() + "-" + suffix);
    }

    private void createHost(Host host) {
        createNamespace(host.netns());
        batch(
                host.netns(),
                "addr add %s/32 dev lo".formatted(host.v4()),
                config.ipv6() ? "addr add %s/128 dev lo nodad".formatted(host.v6()) : "");
    }

    private void createNamespace(NetNamespace namespace) {
        state.willCreate(namespace);
        Command.of("ip", "netns", "add", namespace.name()).run(config.limits().command());
        batch(namespace, "link set lo up");
        sysctl(
                namespace,
                "net/ipv4/tcp_congestion_control=reno",
                // Connections queued on a listener that a ztunnel hands to its successor move
                // along.
                "net/ipv4/tcp_migrate_req=1",
                "net/ipv4/conf/all/rp_filter=0",
                "net/ipv4/conf/default/rp_filter=0",
                "net/ipv4/conf/lo/rp_filter=0",
                "net/ipv6/conf/all/accept_dad=0",
                "net/ipv6/conf/default/accept_dad=0");
    }

    private void connect(Host a, Host b) {
        String toB = "to-" + b.shortName();
        String toA = "to-" + a.shortName();
        batch(
                a.netns(),
                "link add %s type veth peer name %s netns %s".formatted(toB, toA, b.netns()));
        batch(a.netns(), end(a, b, toB));
        batch(b.netns(), end(b, a, toA));
    }

    private String[] end(Host here, Host there, String device) {
        var lines = new ArrayList<String>();
        lines.add("link set %s up".formatted(device));
        lines.add("addr add %s/32 peer %s/32 dev %s".formatted(here.v4(), there.v4(), device));
        if (!there.isControl()) {
            lines.add(
                    "route add %s via %s dev %s"
                            .formatted(AddressPlan.pods(there.index()), there.v4(), device));
        }
        if (config.ipv6()) {
            lines.add(
                    "addr add %s/128 peer %s/128 dev %s nodad"
                            .formatted(here.v6(), there.v6(), device));
            if (!there.isControl()) {
                lines.add(
                        "route add %s via %s dev %s onlink"
                                .formatted(AddressPlan.pods6(there.index()), there.v6(), device));
            }
        }
        return lines.toArray(String[]::new);
    }

    /// The default route is all a pod needs: traffic to a service address leaves through it, or is
    /// captured before it could.
    private void cable(LabPod pod) {
        NetNamespace node = pod.node().netns();
        String outer = pod.nodeInterface();
        String gateway = AddressPlan.gateway(pod.node().index());
        String address = pod.address().getHostAddress();
        String address6 = AddressPlan.pod6(pod.node().index(), pod.ordinal());
        batch(
                node,
                "link add %s type veth peer name eth0 netns %s".formatted(outer, pod.netns()),
                "link set %s up".formatted(outer),
                "addr add %s/32 dev %s".formatted(gateway, outer),
                "route add %s dev %s".formatted(address, outer),
                config.ipv6() ? "addr add fe80::1/64 dev %s nodad".formatted(outer) : "",
                config.ipv6() ? "route add %s dev %s".formatted(address6, outer) : "");
        batch(
                pod.netns(),
                "link set eth0 up",
                "addr add %s/32 dev eth0".formatted(address),
                "route add default via %s dev eth0 onlink".formatted(gateway),
                config.ipv6() ? "addr add %s/128 dev eth0 nodad".formatted(address6) : "",
                config.ipv6()
                        ? "route add default via %s dev eth0".formatted(AddressPlan.GATEWAY6)
                        : "");
    }

    private void batch(NetNamespace namespace, String... lines) {
        var text = new StringBuilder();
        for (String line : lines) {
            if (!line.isEmpty()) {
                text.append(line).append('\n');
            }
        }
        namespace.ip(text.toString()).run(config.limits().command());
    }

    /// Settings that this kernel does not have are skipped.
    private void sysctl(NetNamespace namespace, String... settings) {
        var script = new StringBuilder();
        for (String setting : settings) {
            String[] pair = setting.split("=", 2);
            script.append(
                    "[ ! -e /proc/sys/%s ] || echo %s > /proc/sys/%s || exit 1%n"
                            .formatted(pair[0], pair[1], pair[0]));
        }
        namespace.inside("sh", "-c", script.toString()).run(config.limits().command());
    }
}
