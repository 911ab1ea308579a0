package dev.ambit.waypoint.xds.route;

import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.ambit.waypoint.route.HeaderValue;
import dev.ambit.waypoint.route.RouteLimits;
import dev.ambit.waypoint.route.RouteTable;
import dev.ambit.waypoint.xds.CompileScope;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import java.io.IOException;

/// Route tables of JSON.
public final class RouteLab {
    static final TypeRegistry TYPES =
            TypeRegistry.newBuilder()
                    .add(HTTPFault.getDescriptor())
                    .add(CorsPolicy.getDescriptor())
                    .add(HeaderMutationPerRoute.getDescriptor())
                    .add(LocalRateLimit.getDescriptor())
                    .add(FilterConfig.getDescriptor())
                    .add(PreviousHostsPredicate.getDescriptor())
                    .add(PreviousPrioritiesConfig.getDescriptor())
                    .build();

    private RouteLab() {}

    /// Values in formats are left as they are, within brackets.
    static final HeaderFormats FORMATS = format -> new HeaderValue.Literal("[" + format + "]");

    public static RouteCompiler compiler() {
        return new RouteCompiler(FORMATS, "wp.shop", RouteLimits.defaults());
    }

    public static FilterCompilers compilers() {
        return RouteFilters.register(
                new FilterCompilers(compiler(), FilterCompilers.Telemetry.NONE),
                FORMATS,
                RouteFilters.Runtime.system(),
                "wp.shop");
    }

    /// @param routes JSON of routes of one virtual host for everybody
    public static RouteTable table(String routes) throws Refused, IOException {
        return tableOf("{virtual_hosts:[{name:h,domains:['*'],routes:[" + routes + "]}]}");
    }

    /// @param json of a route configuration
    public static RouteTable tableOf(String json) throws Refused, IOException {
        var builder = RouteConfiguration.newBuilder();
        JsonFormat.parser().usingTypeRegistry(TYPES).merge(json, builder);
        return compiler().compile(new CompileScope(), builder.build(), compilers());
    }
}
