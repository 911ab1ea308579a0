package dev.ambit.control.l7.authz;

import com.google.protobuf.Message;
import dev.ambit.control.l7.Protos;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.Optional;

/// The two shapes of one filter: on requests and on connections.
///
/// @param <F> the shape
interface Filters<F> {
    Filters<HttpFilter> HTTP =
            new Filters<>() {
                @Override
                public HttpFilter rbac(
                        Optional<RBAC> rules, Optional<RBAC> shadow, String shadowPrefix) {
                    var filter =
                            io.envoyproxy
                                    .envoy
                                    .extensions
                                    .filters
                                    .http
                                    .rbac
                                    .v3
                                    .RBAC
                                    .newBuilder()
                                    .setShadowRulesStatPrefix(shadowPrefix);
                    rules.ifPresent(filter::setRules);
                    shadow.ifPresent(filter::setShadowRules);
                    return http(RBAC_HTTP, filter.build());
                }

                @Override
                public Optional<HttpFilter> ask(ExtAuthz.Usable provider) {
                    return Optional.of(http("envoy.filters.http.ext_authz", provider.http()));
                }
            };

    Filters<Filter> TCP =
            new Filters<>() {
                @Override
                public Filter rbac(
                        Optional<RBAC> rules, Optional<RBAC> shadow, String shadowPrefix) {
                    var filter =
                            io.envoyproxy
                                    .envoy
                                    .extensions
                                    .filters
                                    .network
                                    .rbac
                                    .v3
                                    .RBAC
                                    .newBuilder()
                                    .setStatPrefix(STAT_PREFIX)
                                    .setShadowRulesStatPrefix(shadowPrefix);
                    rules.ifPresent(filter::setRules);
                    shadow.ifPresent(filter::setShadowRules);
                    return tcp(RBAC_TCP, filter.build());
                }

                @Override
                public Optional<Filter> ask(ExtAuthz.Usable provider) {
                    return provider.tcp().map(p -> tcp("envoy.filters.network.ext_authz", p));
                }
            };

    String RBAC_HTTP = "envoy.filters.http.rbac";
    String RBAC_TCP = "envoy.filters.network.rbac";
    String STAT_PREFIX = "tcp.";

    F rbac(Optional<RBAC> rules, Optional<RBAC> shadow, String shadowPrefix);

    /// Empty when such a provider can't be asked about this.
    Optional<F> ask(ExtAuthz.Usable provider);

    static HttpFilter http(String name, Message config) {
        return HttpFilter.newBuilder().setName(name).setTypedConfig(Protos.any(config)).build();
    }

    private static Filter tcp(String name, Message config) {
        return Filter.newBuilder().setName(name).setTypedConfig(Protos.any(config)).build();
    }
}
