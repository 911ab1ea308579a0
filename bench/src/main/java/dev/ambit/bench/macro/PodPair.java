package dev.ambit.bench.macro;

import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabPod;

/// Two pods, each behind a node of its own: three virtual cables between them.
record PodPair(Lab lab, LabPod client, LabPod server) {
    static final String CLIENT_NODE = "na";
    static final String SERVER_NODE = "nb";
    static final String NAMESPACE = "bench";

    static PodPair in(Lab lab) {
        var client = lab.addPod(lab.addNode(CLIENT_NODE), NAMESPACE, "client");
        var server = lab.addPod(lab.addNode(SERVER_NODE), NAMESPACE, "server");
        var pair = new PodPair(lab, client, server);
        pair.tune(client);
        pair.tune(server);
        return pair;
    }

    /// Thousands of new connections a second use up the usual range of ports within seconds, in
    /// every arm; then the range would be measured.
    void tune(LabPod pod) {
        lab.run(
                pod.netns(),
                "sh",
                "-c",
                "echo '1024 65535' > /proc/sys/net/ipv4/ip_local_port_range"
                        + " && echo '7001-7300,15000-15099' "
                        + "> /proc/sys/net/ipv4/ip_local_reserved_ports"
                        + " && echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse");
    }
}
