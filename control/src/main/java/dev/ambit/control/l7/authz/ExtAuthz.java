package dev.ambit.control.l7.authz;

import dev.ambit.control.l7.ClusterNames;
import dev.ambit.control.l7.Protos;
import dev.ambit.control.l7.registry.MeshService;
import dev.ambit.control.l7.registry.Registry;
import dev.ambit.control.resource.observe.ExtensionProvider;
import dev.ambit.control.resource.observe.ExtensionProvider.Backend;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyExtAuthzGrpc;
import dev.ambit.control.resource.observe.ExtensionProvider.EnvoyExtAuthzHttp;
import dev.ambit.control.resource.observe.ExtensionProvider.RequestBody;
import dev.ambit.mesh.model.ServiceKey;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.BufferSettings;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz.Builder;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Providers of the mesh configuration that decide on requests, as the filters that ask them.
final class ExtAuthz {
    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final int NAME_MAX = 63;
    private static final String DECISION = "istio_ext_authz_shadow_effective_policy_id";

    private ExtAuthz() {}

    /// What can be made of a provider.
    sealed interface Provider {}

    /// @param tcp absent for one that only understands HTTP
    record Usable(
            io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz http,
            Optional<io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz> tcp)
            implements Provider {}

    /// @param why in words for people
    record Unusable(String why) implements Provider {}

    /// By name.
    record Providers(Map<String, Provider> byName) {
        Providers {
            byName = Map.copyOf(byName);
        }

        Provider of(String name) {
            var known = byName.get(name);
            if (known != null) {
                return known;
            }
            return new Unusable(
                    "the mesh configuration has no ext_authz provider '"
                            + name
                            + "' (expected: "
                            + (byName.isEmpty()
                                    ? "one in extensionProviders, which has none"
                                    : "one of "
                                            + String.join(
                                                    ", ",
                                                    byName.keySet().stream().sorted().toList()))
                            + ")");
        }
    }

    static Providers of(Collection<ExtensionProvider> written, Registry registry) {
        var providers = new LinkedHashMap<String, Provider>();
        for (var provider : written) {
            switch (provider) {
                case EnvoyExtAuthzHttp http -> {
                    var wrong = wrong(http.name(), http.statusOnError());
                    checkHttp(http, wrong);
                    var service = service(http.service(), registry, wrong);
                    providers.put(
                            http.name(),
                            service.isPresent() && wrong.isEmpty()
                                    ? new Usable(http(http), Optional.empty())
                                    : unusable(http.name(), wrong));
                }
                case EnvoyExtAuthzGrpc grpc -> {
                    var wrong = wrong(grpc.name(), grpc.statusOnError());
                    var service = service(grpc.service(), registry, wrong);
                    providers.put(
                            grpc.name(),
                            service.isPresent() && wrong.isEmpty()
                                    ? grpc(grpc)
                                    : unusable(grpc.name(), wrong));
                }
                case ExtensionProvider.Zipkin p -> {}
                case ExtensionProvider.Lightstep p -> {}
                case ExtensionProvider.Datadog p -> {}
                case ExtensionProvider.Stackdriver p -> {}
                case ExtensionProvider.OpenCensus p -> {}
                case ExtensionProvider.SkyWalking p -> {}
                case ExtensionProvider.OpenTelemetry p -> {}
                case ExtensionProvider.Prometheus p -> {}
                case ExtensionProvider.EnvoyFileAccessLog p -> {}
                case ExtensionProvider.EnvoyHttpAls p -> {}
                case ExtensionProvider.EnvoyTcpAls p -> {}
                case ExtensionProvider.EnvoyOtelAls p -> {}
                case ExtensionProvider.Sds p -> {}
            }
        }
        return new Providers(providers);
    }

    private static Unusable unusable(String name, List<String> wrong) {
        return new Unusable("provider '" + name + "': " + String.join("; ", wrong));
    }

    static Provider tooMany(Set<String> names) {
        return new Unusable(
                "several providers for one service: "
                        + String.join(", ", names)
                        + " (expected: one, unless PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS is"
                        + " set)");
    }

    /// The name becomes a part of keys, of names of rules and of metrics.
    private static List<String> wrong(String name, String statusOnError) {
        var wrong = new ArrayList<String>();
        if (!name.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
            wrong.add(
                    "name '"
                            + name
                            + "' (expected: lower-case letters, digits and hyphens, at most "
                            + NAME_MAX
                            + ")");
        }
        if (!statusOnError.isEmpty() && status(statusOnError).isEmpty()) {
            wrong.add(
                    "statusOnError '" + statusOnError + "' (expected: a status that Envoy knows)");
        }
        return wrong;
    }

    private static void checkHttp(EnvoyExtAuthzHttp http, List<String> wrong) {
        var lists =
                Map.of(
                        "includeRequestHeadersInCheck", http.includeRequestHeaders(),
                        "headersToDownstreamOnDeny", http.headersToDownstreamOnDeny(),
                        "headersToDownstreamOnAllow", http.headersToDownstreamOnAllow(),
                        "headersToUpstreamOnAllow", http.headersToUpstreamOnAllow());
        lists.keySet().stream()
                .sorted()
                .filter(field -> lists.getOrDefault(field, List.of()).contains("*"))
                .forEach(field ->
                        wrong.add(field + " has '*' (expected: names, prefix* or *suffix)"));
    }

    /// One that only one namespace has, unless a namespace is named.
    private static Optional<MeshService> service(
            Backend backend, Registry registry, List<String> wrong) {
        var found =
                backend.namespace().isEmpty()
                        ? registry.named(backend.host())
                        : registry
                                .service(new ServiceKey(backend.namespace(), backend.host()))
                                .stream()
                                .toList();
        if (found.size() > 1) {
            wrong.add(
                    "service '"
                            + backend.host()
                            + "' is in several namespaces (expected: namespace/host)");
            return Optional.empty();
        }
        if (found.isEmpty()) {
            wrong.add(
                    "service '"
                            + (backend.namespace().isEmpty() ? "" : backend.namespace() + "/")
                            + backend.host()
                            + "' is not known (expected: the host of a service)");
        }
        return found.stream().findFirst();
    }

    private static Optional<HttpStatus> status(String written) {
        try {
            return Optional.ofNullable(StatusCode.forNumber(Integer.parseInt(written)))
                    .map(c -> HttpStatus.newBuilder().setCode(c).build());
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }

    private static io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz http(
            EnvoyExtAuthzHttp provider) {
        var host = provider.service().host();
        var http =
                HttpService.newBuilder()
                        .setPathPrefix(provider.pathPrefix())
                        .setServerUri(
                                HttpUri.newBuilder()
                                        .setUri("http://" + host)
                                        .setCluster(cluster(provider.service()))
                                        .setTimeout(timeout(provider.timeout())));
        var added = new TreeMap<>(provider.includeAdditionalHeaders());
        if (!added.isEmpty()) {
            var request = AuthorizationRequest.newBuilder();
            added.forEach((k, v) ->
                    request.addHeadersToAdd(HeaderValue.newBuilder().setKey(k).setValue(v)));
            http.setAuthorizationRequest(request);
        }
        var response = AuthorizationResponse.newBuilder();
        names(provider.headersToUpstreamOnAllow()).ifPresent(response::setAllowedUpstreamHeaders);
        names(provider.headersToDownstreamOnDeny()).ifPresent(response::setAllowedClientHeaders);
        names(provider.headersToDownstreamOnAllow())
                .ifPresent(response::setAllowedClientHeadersOnSuccess);
        if (response.hasAllowedUpstreamHeaders()
                || response.hasAllowedClientHeaders()
                || response.hasAllowedClientHeadersOnSuccess()) {
            http.setAuthorizationResponse(response);
        }
        var filter =
                common(
                                provider.name(),
                                provider.failOpen(),
                                provider.statusOnError(),
                                provider.body())
                        .setHttpService(http);
        names(provider.includeRequestHeaders()).ifPresent(filter::setAllowedHeaders);
        return filter.build();
    }

    private static Usable grpc(EnvoyExtAuthzGrpc provider) {
        var grpc =
                GrpcService.newBuilder()
                        .setEnvoyGrpc(
                                GrpcService.EnvoyGrpc.newBuilder()
                                        .setClusterName(cluster(provider.service()))
                                        .setAuthority(provider.service().host()))
                        .setTimeout(timeout(provider.timeout()));
        var tcp =
                io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz.newBuilder()
                        .setStatPrefix(Filters.STAT_PREFIX)
                        .setFailureModeAllow(provider.failOpen())
                        .setTransportApiVersion(ApiVersion.V3)
                        .setGrpcService(grpc)
                        .setFilterEnabledMetadata(asked(Filters.RBAC_TCP, provider.name()))
                        .build();
        var http =
                common(
                                provider.name(),
                                provider.failOpen(),
                                provider.statusOnError(),
                                provider.body())
                        .setGrpcService(grpc)
                        .build();
        return new Usable(http, Optional.of(tcp));
    }

    private static String cluster(Backend service) {
        return ClusterNames.outbound(service.port(), "", service.host());
    }

    private static Builder common(
            String name, boolean failOpen, String statusOnError, Optional<RequestBody> body) {
        var filter =
                io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz.newBuilder()
                        .setFailureModeAllow(failOpen)
                        .setTransportApiVersion(ApiVersion.V3)
                        .setFilterEnabledMetadata(asked(Filters.RBAC_HTTP, name));
        status(statusOnError).ifPresent(filter::setStatusOnError);
        body.map(ExtAuthz::body).ifPresent(filter::setWithRequestBody);
        return filter;
    }

    private static BufferSettings body(RequestBody body) {
        return BufferSettings.newBuilder()
                .setMaxRequestBytes(body.maxBytes())
                .setAllowPartialMessage(body.allowPartial())
                .setPackAsBytes(body.packAsBytes())
                .build();
    }

    private static com.google.protobuf.Duration timeout(Optional<Duration> written) {
        return Protos.duration(written.orElse(TIMEOUT));
    }

    /// Only requests that a rule of the provider's policies has matched.
    private static MetadataMatcher asked(String filter, String provider) {
        return MetadataMatcher.newBuilder()
                .setFilter(filter)
                .addPath(Matchers.key(DECISION))
                .setValue(
                        ValueMatcher.newBuilder()
                                .setStringMatch(Matchers.prefix("istio-ext-authz-" + provider)))
                .build();
    }

    private static Optional<ListStringMatcher> names(List<String> names) {
        if (names.isEmpty()) {
            return Optional.empty();
        }
        var list = ListStringMatcher.newBuilder();
        for (var name : names) {
            list.addPatterns(Matchers.text(name).toBuilder().setIgnoreCase(true));
        }
        return Optional.of(list.build());
    }
}
