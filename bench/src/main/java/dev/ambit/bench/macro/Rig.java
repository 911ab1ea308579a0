package dev.ambit.bench.macro;

import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabPod;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/// An arm that stands: two pods on two nodes, and the proxies between them.
///
/// The client application and proxy A have the first core, proxy B and the server application the
/// second one.
interface Rig extends AutoCloseable {
    int CORE_A = 0;
    int CORE_B = 1;

    Lab lab();

    LabPod client();

    LabPod server();

    /// What the client dials to reach the server application's port.
    InetSocketAddress dial(AppPort port);

    /// Process ids of A and B; empty when there is nothing between.
    List<Long> proxies();

    /// How A and B came up; empty when there is nothing between.
    List<Birth> births();

    /// The key exchange and cipher, as far as the proxies can be asked.
    Optional<String> cipher();

    @Override
    void close();
}
