package dev.ambit.control.l7.cluster;

import dev.ambit.control.l7.Protos;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UpstreamProtocolOptionsCase;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig;
import org.jspecify.annotations.Nullable;

/// A cluster while it is put together: parts that end up packed are kept open until the end.
final class ClusterDraft {
    static final String HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

    final Cluster.Builder cluster;
    final ClusterMetadata metadata = new ClusterMetadata();

    /// Resolves names as requests carry them (dynamic forward proxy).
    final boolean dynamic;

    private HttpProtocolOptions.@Nullable Builder http;

    ClusterDraft(String name, boolean dynamic) {
        this.cluster = Cluster.newBuilder().setName(name).setAltStatName(name + ";");
        this.dynamic = dynamic;
    }

    String name() {
        return cluster.getName();
    }

    boolean is(Cluster.DiscoveryType type) {
        return !dynamic && cluster.getType() == type;
    }

    HttpProtocolOptions.Builder http() {
        if (http == null) {
            http = HttpProtocolOptions.newBuilder();
        }
        return http;
    }

    boolean http2() {
        return http != null
                && http.getUpstreamProtocolOptionsCase()
                        == UpstreamProtocolOptionsCase.EXPLICIT_HTTP_CONFIG
                && http.getExplicitHttpConfig().hasHttp2ProtocolOptions();
    }

    /// HTTP/2, unless something else has been said.
    void useHttp2() {
        if (http().getUpstreamProtocolOptionsCase()
                == UpstreamProtocolOptionsCase.UPSTREAMPROTOCOLOPTIONS_NOT_SET) {
            http().setExplicitHttpConfig(
                            ExplicitHttpConfig.newBuilder()
                                    .setHttp2ProtocolOptions(
                                            Http2ProtocolOptions.getDefaultInstance()));
        }
    }

    void useHttp1(Http1ProtocolOptions options) {
        http().setExplicitHttpConfig(
                        ExplicitHttpConfig.newBuilder().setHttpProtocolOptions(options));
    }

    /// What the client spoke.
    void useClients() {
        var http1 = http().getExplicitHttpConfig().getHttpProtocolOptions();
        http().setUseDownstreamProtocolConfig(
                        UseDownstreamHttpConfig.newBuilder()
                                .setHttpProtocolOptions(http1)
                                .setHttp2ProtocolOptions(
                                        Http2ProtocolOptions.getDefaultInstance()));
    }

    Cluster build() {
        if (http != null) {
            if (http.getUpstreamProtocolOptionsCase()
                    == UpstreamProtocolOptionsCase.UPSTREAMPROTOCOLOPTIONS_NOT_SET) {
                useHttp1(Http1ProtocolOptions.getDefaultInstance());
            }
            cluster.putTypedExtensionProtocolOptions(HTTP_OPTIONS, Protos.any(http.build()));
        }
        metadata.writeTo(cluster);
        return cluster.build();
    }
}
