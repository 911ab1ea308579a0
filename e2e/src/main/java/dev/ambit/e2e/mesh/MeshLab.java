package dev.ambit.e2e.mesh;

import dev.ambit.control.ControlSettings;
import dev.ambit.control.token.Account;
import dev.ambit.control.token.TokenIssuer;
import dev.ambit.control.token.TokenIssuer.Subject;
import dev.ambit.e2e.agent.AgentLimits;
import dev.ambit.e2e.agent.EnrolledPod;
import dev.ambit.e2e.agent.Enrolment;
import dev.ambit.e2e.agent.NodeAgent;
import dev.ambit.e2e.app.App;
import dev.ambit.e2e.lab.Host;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabConfig;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.NetNamespace;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import dev.ambit.e2e.redirect.RedirectRules;
import dev.ambit.e2e.redirect.Redirection;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;

/// A whole mesh on one machine: a control plane process, a ztunnel process and an agent on each
/// node, and the pods of a directory of YAML. Everything is real but the cluster around it.
///
/// Not for several threads at once, except `close`.
public final class MeshLab implements AutoCloseable {
    private static final Duration TOKEN_TTL = Duration.ofHours(24);
    private static final Duration CALL = Duration.ofSeconds(20);
    private static final String ISSUER = "https://kubernetes.default.svc";

    /// Of a ztunnel inside a pod, as sidecars have it.
    private static final int PROXY_GROUP = 1337;

    private final Lab lab;
    private final MeshSettings settings;
    private final Progress progress;
    private final PodHttp http = new PodHttp();
    private final Map<String, NodeAgent> agents = new LinkedHashMap<>();
    private final Map<String, NodeZtunnel> ztunnels = new LinkedHashMap<>();
    private final Map<String, MeshPod> pods = new LinkedHashMap<>();
    private final Map<String, PodWaypoint> waypoints = new LinkedHashMap<>();
    private Optional<Running> control = Optional.empty();
    private Optional<TokenIssuer> tokens = Optional.empty();

    private MeshLab(Lab lab, MeshSettings settings, Progress progress) {
        this.lab = lab;
        this.settings = settings;
        this.progress = progress;
    }

    /// Brings everything up; on failure, everything down again.
    ///
    /// @throws LabFault saying which part did not come up and the end of its log
    public static MeshLab start(LabConfig config, MeshSettings settings, Progress progress) {
        progress.step("opening the lab: " + settings.nodes() + " nodes");
        var mesh = new MeshLab(Lab.open(config), settings, progress);
        try {
            mesh.up();
            return mesh;
        } catch (RuntimeException e) {
            mesh.close();
            throw e;
        }
    }

    private void up() {
        for (int i = 1; i <= settings.nodes(); i++) {
            writeHosts(lab.addNode("node-" + i), "");
        }
        if (settings.meshed()) {
            startControl();
            lab.nodes().forEach(this::startNode);
        }
        sync();
        for (NodeZtunnel ztunnel : ztunnels.values()) {
            ztunnel.awaitReady();
            progress.step(ztunnel.process().name() + " is ready");
        }
        for (PodWaypoint waypoint : waypoints.values()) {
            waypoint.awaitReady();
            progress.step(waypoint.process().name() + " is ready");
        }
    }

    private void startControl() {
        progress.step("starting the control plane on " + address(lab.control()));
        Path etc = lab.state().etc();
        try {
            var issuer = TokenIssuer.create(ISSUER, Clock.systemUTC());
            issuer.saveJwks(etc.resolve("jwks.json"));
            tokens = Optional.of(issuer);
        } catch (IOException e) {
            throw new LabFault("cannot write keys below " + etc + ": " + e.getMessage(), e);
        }
        lab.nodes().forEach(node -> writeToken(token(node), proxyOf(node)));
        String address = address(lab.control());
        List<String> command =
                AmbitCommand.of(
                        "control",
                        "--dir=" + settings.directory().toAbsolutePath(),
                        "--state=" + etc.resolve("ca"),
                        "--token-jwks=" + etc.resolve("jwks.json"),
                        "--token-issuer=" + ISSUER,
                        "--listen=" + address + ":" + ZtunnelEnvironment.CONTROL_PORT,
                        "--server-name=istiod.istio-system.svc," + address,
                        "--plan-nodes=" + settings.nodes());
        control =
                Optional.of(
                        lab.processes()
                                .start(lab.control().netns(), ProcessSpec.of("control", command)));
        control.get()
                .awaitReady(
                        "200 from :15014/ready",
                        () ->
                                http.request(
                                                lab.control().netns(),
                                                "GET",
                                                ControlSettings.ADMIN_PORT,
                                                "/ready")
                                        .filter(answer -> answer.status() == 200)
                                        .isPresent());
    }

    private void startNode(Host node) {
        progress.step("starting agent and ztunnel of " + node.name());
        Path socket = lab.state().etc().resolve(node.name() + ".sock");
        try {
            var redirection = new Redirection(lab.config().limits().command());
            agents.put(node.name(), NodeAgent.listen(socket, redirection, AgentLimits.defaults()));
        } catch (IOException e) {
            throw new LabFault("agent of " + node.name() + ": " + e.getMessage(), e);
        }
        startZtunnel(node);
    }

    /// Starts a ztunnel on the node: its first, or one after the former has ended.
    public NodeZtunnel startZtunnel(Host node) {
        return startZtunnel(node, Map.of());
    }

    /// @param more variables for this process besides those of the settings
    public NodeZtunnel startZtunnel(Host node, Map<String, String> more) {
        var variables = new LinkedHashMap<>(settings.ztunnelEnvironment());
        variables.putAll(more);
        variables.replaceAll((name, value) -> value.replace("{node}", node.name()));
        var environment = environment(node, node.address(), token(node), variables);
        var spec = settings.ztunnelOf(node.name()).spec(environment, settings.core(node.name()));
        var process = lab.processes().start(node.netns(), spec);
        var ztunnel = new NodeZtunnel(lab, node, node.netns(), process, http);
        ztunnels.put(node.name(), ztunnel);
        return ztunnel;
    }

    /// Starts a ztunnel that serves one pod alone (`PROXY_MODE=dedicated`), inside the pod's
    /// namespace, with the token of the pod's own account. The pod must not be enrolled.
    public NodeZtunnel startDedicated(MeshPod pod) {
        var place = pod.place();
        var node = place.node();
        var rules = rules(place.ipv6());
        new Redirection(lab.config().limits().command()).apply(place.netns(), rules);
        spareGroup(place.netns(), rules);
        Path token = lab.state().etc().resolve("token-" + place.uid());
        var account = new Account(place.namespace(), pod.serviceAccount());
        writeToken(token, Subject.onNode(account, place.name(), node.name()));
        var variables = new LinkedHashMap<>(settings.ztunnelEnvironment());
        variables.replaceAll((name, value) -> value.replace("{node}", node.name()));
        variables.put("PROXY_MODE", "dedicated");
        variables.put(
                "PROXY_WORKLOAD_INFO",
                place.namespace() + "/" + place.name() + "/" + pod.serviceAccount());
        // What tells its connections to the application from the application's own.
        variables.put("PACKET_MARK", Integer.toString(RedirectRules.PROXY_MARK));
        variables.put("POD_NAME", place.name());
        variables.put("POD_NAMESPACE", place.namespace());
        variables.put("SERVICE_ACCOUNT", pod.serviceAccount());
        var spec =
                settings.ztunnelOf(node.name())
                        .spec(
                                environment(node, place.address(), token, variables),
                                settings.core(node.name()));
        var command = new ArrayList<>(List.of("setpriv", "--regid=" + PROXY_GROUP));
        command.add("--clear-groups");
        command.addAll(spec.command());
        var named = new ProcessSpec("ztunnel-" + place, command, spec.environment(), spec.core());
        var process = lab.processes().start(place.netns(), named);
        var ztunnel = new NodeZtunnel(lab, node, place.netns(), process, http);
        ztunnels.put(pod.toString(), ztunnel);
        return ztunnel;
    }

    /// In the pod's own namespace its calls to the control plane would be captured too, and those
    /// it does not mark: they are told by their group, as a sidecar's are.
    private void spareGroup(NetNamespace pod, RedirectRules rules) {
        lab.run(
                pod,
                "nft",
                "insert",
                "rule",
                "inet",
                rules.names().tables() + "-nat",
                rules.names().chains() + "-output",
                "meta",
                "skgid",
                Integer.toString(PROXY_GROUP),
                "accept");
    }

    private ZtunnelEnvironment environment(
            Host node, InetAddress address, Path token, Map<String, String> variables) {
        return new ZtunnelEnvironment(
                node.name(),
                address,
                lab.control().address(),
                lab.state().etc().resolve("ca").resolve("root-cert.pem"),
                token,
                lab.state().etc().resolve(node.name() + ".sock"),
                variables);
    }

    /// Makes the lab's pods those of the YAML as it stands: starts new ones, ends those that are
    /// gone.
    ///
    /// @return what in the YAML could not be used, one line each
    public List<String> sync() {
        var manifests = Manifests.read(settings.directory(), settings.nodes());
        var wanted = new LinkedHashMap<String, dev.ambit.control.resource.Pod>();
        manifests.pods().forEach(pod -> wanted.put(pod.meta().path(), pod));
        for (MeshPod pod : List.copyOf(pods.values())) {
            var now = wanted.get(pod.toString());
            if (now == null || !pod.canBecome(now, enrolled(now))) {
                remove(pod);
            } else {
                pods.put(pod.toString(), new MeshPod(pod.place(), now, pod.enrolled()));
            }
        }
        var starting = new ArrayList<Running>();
        for (var pod : wanted.values()) {
            if (!pods.containsKey(pod.meta().path())) {
                starting.addAll(add(manifests, pod));
            }
        }
        pods.values().forEach(pod -> writeEtc(manifests, pod));
        starting.forEach(App::awaitReady);
        savePods();
        return manifests.problems();
    }

    private boolean enrolled(dev.ambit.control.resource.Pod pod) {
        return settings.meshed() && Manifests.enrolled(pod);
    }

    private List<Running> add(Manifests manifests, dev.ambit.control.resource.Pod pod) {
        Host node =
                lab.nodes().stream()
                        .filter(host -> host.name().equals(pod.spec().node()))
                        .findFirst()
                        .orElseThrow(() ->
                                new LabFault(
                                        "pod %s is on node '%s' (expected: node-1 to node-%d)"
                                                .formatted(
                                                        pod.meta().path(),
                                                        pod.spec().node(),
                                                        settings.nodes())));
        InetAddress address = InetAddress.ofLiteral(pod.reachableAddresses().getFirst());
        boolean enrolled = enrolled(pod);
        progress.step(
                "pod %s on %s, %s, %s"
                        .formatted(
                                pod.meta().path(),
                                node.name(),
                                address.getHostAddress(),
                                enrolled ? "in the mesh" : "not in the mesh"));
        var place = lab.addPod(node, pod.meta().namespace(), pod.meta().name(), address);
        var meshPod = new MeshPod(place, pod, enrolled);
        pods.put(meshPod.toString(), meshPod);
        // Before anything starts in the pod: a process sees the files that are there by then.
        writeEtc(manifests, meshPod);
        if (enrolled) {
            enroll(meshPod);
        }
        if (settings.meshed() && Manifests.waypoint(pod)) {
            startWaypoint(meshPod);
            return List.of();
        }
        if (!settings.applications()) {
            return List.of();
        }
        if (!meshPod.command().isEmpty()) {
            var shell = List.of("sh", "-c", meshPod.command());
            lab.processes().start(place.netns(), ProcessSpec.of("app-" + place, shell));
            return List.of();
        }
        List<String> ports = meshPod.serverPorts();
        return ports.isEmpty() ? List.of() : List.of(App.startSoon(lab.processes(), place, ports));
    }

    /// Starts the waypoint of a pod: its first, or one after the former has ended.
    public PodWaypoint startWaypoint(MeshPod pod) {
        return startWaypoint(pod, Map.of());
    }

    /// @param more variables for this process besides those it needs
    public PodWaypoint startWaypoint(MeshPod pod, Map<String, String> more) {
        var place = pod.place();
        Path token = lab.state().etc().resolve("token-" + place.uid());
        writeToken(
                token,
                Subject.onNode(
                        new Account(place.namespace(), pod.serviceAccount()),
                        place.name(),
                        place.node().name()));
        var environment =
                new WaypointEnvironment(
                        pod,
                        lab.control().address(),
                        lab.state().etc().resolve("ca").resolve("root-cert.pem"),
                        token,
                        podInfo(pod),
                        more);
        var process =
                lab.processes()
                        .start(
                                place.netns(),
                                ProcessSpec.of("waypoint-" + place, AmbitCommand.of("waypoint"))
                                        .with(environment.variables()));
        var waypoint = new PodWaypoint(lab, pod, process, http);
        waypoints.put(pod.toString(), waypoint);
        return waypoint;
    }

    /// What a pod reads about itself, as Kubernetes writes it: with it the control plane knows
    /// whose waypoint it is even when the pod is already deleted.
    private Path podInfo(MeshPod pod) {
        Path directory = lab.state().etc().resolve("podinfo-" + pod.place().uid());
        var labels =
                pod.pod().meta().labels().entrySet().stream()
                        .map(label -> label.getKey() + "=\"" + label.getValue() + "\"")
                        .sorted()
                        .toList();
        try {
            Files.createDirectories(directory);
            Files.write(directory.resolve("labels"), labels);
        } catch (IOException e) {
            throw new LabFault("cannot write " + directory + ": " + e.getMessage(), e);
        }
        return directory;
    }

    /// @param pod `namespace/name`
    public PodWaypoint waypoint(String pod) {
        return Optional.ofNullable(waypoints.get(pod))
                .orElseThrow(() ->
                        new LabFault(
                                "no waypoint '%s' (expected one of: %s)"
                                        .formatted(pod, String.join(" ", waypoints.keySet()))));
    }

    private void enroll(MeshPod pod) {
        var place = pod.place();
        var enrolled =
                new EnrolledPod(
                        place.uid(),
                        place.namespace(),
                        place.name(),
                        pod.serviceAccount(),
                        place.netns(),
                        rules(place.ipv6()));
        try {
            switch (agent(place.node().name()).enroll(enrolled)) {
                case Enrolment.Proxied() -> progress.step("ztunnel serves " + pod);
                case Enrolment.Pending(String reason) ->
                        progress.step("rules are in " + pod + ", its ztunnel comes: " + reason);
            }
        } catch (IOException e) {
            throw new LabFault("cannot enroll " + pod + ": " + e.getMessage(), e);
        }
    }

    private void remove(MeshPod pod) {
        progress.step("pod " + pod + " ends");
        pods.remove(pod.toString());
        var waypoint = waypoints.remove(pod.toString());
        if (waypoint != null) {
            waypoint.process().stop();
        }
        if (pod.enrolled()) {
            agent(pod.place().node().name()).podGone(pod.place().uid());
        }
        lab.removePod(pod.place());
    }

    public Lab lab() {
        return lab;
    }

    public MeshSettings settings() {
        return settings;
    }

    public PodHttp sockets() {
        return http;
    }

    public List<MeshPod> pods() {
        return List.copyOf(pods.values());
    }

    /// @param path `namespace/name`
    public MeshPod pod(String path) {
        return Optional.ofNullable(pods.get(path))
                .orElseThrow(() ->
                        new LabFault(
                                "no pod '%s' (expected one of: %s)"
                                        .formatted(path, String.join(" ", pods.keySet()))));
    }

    public NodeAgent agent(String node) {
        return Optional.ofNullable(agents.get(node))
                .orElseThrow(() -> new LabFault("no agent on node '" + node + "'"));
    }

    public NodeZtunnel ztunnel(String node) {
        return Optional.ofNullable(ztunnels.get(node))
                .orElseThrow(() -> new LabFault("no ztunnel on node '" + node + "'"));
    }

    /// The pod's own if it has one, else its node's.
    public NodeZtunnel ztunnelOf(MeshPod pod) {
        return Optional.ofNullable(ztunnels.get(pod.toString()))
                .orElseGet(() -> ztunnel(pod.place().node().name()));
    }

    /// Whether it is ours that serves the pod.
    public boolean ambitServes(MeshPod pod) {
        return settings.ztunnelOf(pod.place().node().name()) instanceof ZtunnelLauncher.Ambit;
    }

    public Running control() {
        return control.orElseThrow(() -> new LabFault("this lab has no control plane"));
    }

    /// Adds or replaces a file of the YAML directory, in one step, as the control plane follows it.
    public void apply(String file, String yaml) {
        try {
            Path fresh = lab.state().directory().resolve("apply.tmp");
            Files.writeString(fresh, yaml);
            Files.move(
                    fresh, settings.directory().resolve(file), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new LabFault("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /// Removes a file of the YAML directory.
    public void delete(String file) {
        try {
            Files.deleteIfExists(settings.directory().resolve(file));
        } catch (IOException e) {
            throw new LabFault("cannot delete " + file + ": " + e.getMessage(), e);
        }
    }

    /// Calls a URL from inside a pod.
    public Curl curl(MeshPod from, String... arguments) {
        return Curl.call(from.place().netns(), CALL, List.of(arguments));
    }

    /// The same with another limit for the whole transfer.
    public Curl curl(MeshPod from, Duration limit, String... arguments) {
        return Curl.call(from.place().netns(), limit, List.of(arguments));
    }

    @Override
    public void close() {
        // ztunnels first, while pods and agents are there: so they end as they would in production.
        stopTogether(waypoints.values().stream().map(PodWaypoint::process).toList());
        ztunnels.values().forEach(ztunnel -> ztunnel.process().stop());
        agents.values().forEach(NodeAgent::close);
        try {
            lab.close();
        } finally {
            http.close();
        }
    }

    /// Each takes its time to drain.
    private static void stopTogether(List<Running> processes) {
        try (var each = Executors.newVirtualThreadPerTaskExecutor()) {
            processes.forEach(process -> each.execute(process::stop));
        }
    }

    private Path token(Host node) {
        return lab.state().etc().resolve("token-" + node.name());
    }

    private static Subject proxyOf(Host node) {
        return Subject.onNode(ControlSettings.ZTUNNEL, "ztunnel-" + node.name(), node.name());
    }

    private void writeToken(Path file, Subject subject) {
        try {
            var issuer = tokens.orElseThrow(() -> new LabFault("this lab has no control plane"));
            Files.writeString(file, issuer.issue(subject, ControlSettings.AUDIENCE, TOKEN_TTL));
        } catch (IOException e) {
            throw new LabFault("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /// What processes on a node read as `/etc/hosts`, from their start on: its own names, and these
    /// lines; and the same `resolv.conf` as pods. The machine's files are not seen, so that runs do
    /// not differ.
    public void writeHosts(Host node, String lines) {
        Path etc = node.netns().etc();
        try {
            Files.createDirectories(etc);
            Files.writeString(etc.resolve("hosts"), "127.0.0.1 localhost\n::1 localhost\n" + lines);
            Files.writeString(etc.resolve("resolv.conf"), resolvConf("istio-system"));
        } catch (IOException e) {
            throw new LabFault("cannot write " + etc + ": " + e.getMessage(), e);
        }
    }

    private static String address(Host host) {
        return host.address().getHostAddress();
    }

    private RedirectRules rules(boolean ipv6) {
        var rules = RedirectRules.standard(ipv6);
        return settings.nameserver().isPresent() ? rules.withDns() : rules;
    }

    private void writeEtc(Manifests manifests, MeshPod pod) {
        Path etc = pod.place().netns().etc();
        try {
            Files.createDirectories(etc);
            var hosts = HostsFile.of(manifests.resources(), pod.place().namespace());
            Files.writeString(etc.resolve("hosts"), hosts);
            Files.writeString(etc.resolve("resolv.conf"), resolvConf(pod.place().namespace()));
        } catch (IOException e) {
            throw new LabFault("cannot write " + etc + ": " + e.getMessage(), e);
        }
    }

    private String resolvConf(String namespace) {
        return settings.nameserver()
                .map(server ->
                        """
                        search %s.svc.cluster.local svc.cluster.local cluster.local corp.example
                        nameserver %s
                        options ndots:5 timeout:2 attempts:1
                        """
                                .formatted(namespace, server.getHostAddress()))
                // No name server answers: say so at once instead of after a time-out.
                .orElse("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    }

    /// For commands that find a running lab by its state.
    private void savePods() {
        var text = new StringBuilder();
        for (MeshPod pod : pods.values()) {
            text.append(
                    "%s %s %s %s%n"
                            .formatted(
                                    pod,
                                    pod.place().netns(),
                                    pod.address(),
                                    pod.place().node().name()));
        }
        try {
            Files.writeString(lab.state().directory().resolve("pods"), text);
        } catch (IOException e) {
            throw new LabFault("cannot write the list of pods: " + e.getMessage(), e);
        }
    }
}
