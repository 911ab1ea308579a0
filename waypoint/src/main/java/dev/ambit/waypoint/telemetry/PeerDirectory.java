package dev.ambit.waypoint.telemetry;

import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.store.MeshListener;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Who has an address, by what the control plane told about workloads. Answers are kept until the
/// mesh changes, so that a request costs one look-up. Any thread.
public final class PeerDirectory implements MeshListener {
    private static final PeerMetadata NOBODY =
            new PeerMetadata("", "", "", "", "", "", "", "", "", "", "", "");

    private final MeshView mesh;
    private final String network;
    private final int most;

    /// Replaced as a whole, so that an answer from before a change is never kept after it.
    private volatile Map<String, PeerMetadata> known = new ConcurrentHashMap<>();

    /// @param network that this proxy is in: addresses are looked up there
    /// @param most addresses kept
    public PeerDirectory(MeshView mesh, String network, int most) {
        this.mesh = mesh;
        this.network = network;
        this.most = most;
    }

    public String network() {
        return network;
    }

    /// @param ip literal; empty for none
    public @Nullable PeerMetadata find(String ip) {
        if (ip.isEmpty()) {
            return null;
        }
        var map = known;
        var peer = map.get(ip);
        if (peer == null) {
            peer = lookUp(ip);
            if (map.size() < most) {
                var other = map.putIfAbsent(ip, peer);
                peer = other == null ? peer : other;
            }
        }
        return peer == NOBODY ? null : peer;
    }

    private PeerMetadata lookUp(String ip) {
        var bytes = NetUtil.createByteArrayFromIpAddressString(ip);
        if (bytes == null) {
            return NOBODY;
        }
        try {
            var address = new NetworkAddress(network, InetAddress.getByAddress(bytes));
            return mesh.workloadAt(address).map(PeerMetadata::of).orElse(NOBODY);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address of its own length", impossible);
        }
    }

    @Override
    public void changed(ChangeSet changes) {
        if (!changes.added().isEmpty() || !changes.removed().isEmpty()) {
            known = new ConcurrentHashMap<>();
        }
    }
}
