package dev.ambit.e2e.envoy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;

/// How Envoy is started, as Istio's agent would do it: everything over delta ADS, secrets from a
/// socket beside it.
final class EnvoyBootstrap {
    private EnvoyBootstrap() {}

    /// @param node the xDS node: id, cluster, metadata
    /// @param xds socket of the control plane (and of secrets)
    /// @param admin socket of Envoy's pages
    static String json(JsonObject node, Path xds, Path admin) {
        var text =
                """
                {
                  "node": %s,
                  "admin": {"address": {"pipe": {"path": "%s"}}},
                  "bootstrap_extensions": [{
                    "name": "envoy.bootstrap.internal_listener",
                    "typed_config": {"@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener"}
                  }],
                  "dynamic_resources": {
                    "ads_config": {
                      "api_type": "DELTA_GRPC",
                      "transport_api_version": "V3",
                      "set_node_on_first_message_only": true,
                      "grpc_services": [{"envoy_grpc": {"cluster_name": "xds-grpc"}}]
                    },
                    "cds_config": {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"},
                    "lds_config": {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}
                  },
                  "static_resources": {"clusters": [%s, %s]}
                }
                """
                        .formatted(node, admin, cluster("xds-grpc", xds), cluster("sds-grpc", xds));
        return JsonParser.parseString(text).toString();
    }

    private static String cluster(String name, Path socket) {
        return """
        {
          "name": "%1$s",
          "type": "STATIC",
          "connect_timeout": "5s",
          "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              "explicit_http_config": {"http2_protocol_options": {}}
            }
          },
          "load_assignment": {
            "cluster_name": "%1$s",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": "%2$s"}}}}]}]
          }
        }
        """
                .formatted(name, socket);
    }
}
