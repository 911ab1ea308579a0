package dev.ambit.waypoint;

import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.ControlServer;
import dev.ambit.identity.ca.GrpcTls;
import dev.ambit.mesh.xds.WdsClient;
import dev.ambit.waypoint.config.WaypointConfig;
import dev.ambit.waypoint.config.WaypointConfig.ControlPlane;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;

/// Calls to the control plane: TLS to it, a token for it.
final class Connections {
    private Connections() {}

    static ControlServer server(ControlPlane where) {
        return new ControlServer(
                where.address().host(), where.address().port(), where.roots(), where.alsoNamed());
    }

    static BearerToken token(WaypointConfig config, ControlPlane where) {
        return new BearerToken(config.authToken(), config.clusterId(), where.headers());
    }

    /// @param loop that carries the calls
    static WdsClient.Connector xds(WaypointConfig config, MultiThreadIoEventLoopGroup loop) {
        var server = server(config.xds());
        var token = token(config, config.xds());
        return new WdsClient.Connector() {
            @Override
            public ManagedChannel connect() throws IOException {
                return GrpcTls.channel(server, loop);
            }

            @Override
            public Metadata headers() throws IOException {
                return token.headers();
            }
        };
    }
}
