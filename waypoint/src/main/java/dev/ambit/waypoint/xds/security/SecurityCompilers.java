package dev.ambit.waypoint.xds.security;

import dev.ambit.waypoint.security.SecurityCounters;
import dev.ambit.waypoint.security.SecurityLimits;
import dev.ambit.waypoint.xds.FilterCompilers;
import dev.ambit.waypoint.xds.route.HeaderFormats;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/// Who compiles the filters that decide who may.
public final class SecurityCompilers {
    private static final String HTTP = "envoy.extensions.filters.http.";
    private static final String NETWORK = "envoy.extensions.filters.network.";

    private SecurityCompilers() {}

    /// @param formats for values that authorization servers are sent
    /// @param clock for tokens' times
    /// @param nanoTime for durations
    public static FilterCompilers register(
            FilterCompilers compilers,
            HeaderFormats formats,
            SecurityLimits limits,
            InstantSource clock,
            LongSupplier nanoTime,
            SecurityCounters counters) {
        var rbac = new RbacCompiler(counters);
        var jwt = new JwtCompiler(limits, clock, nanoTime, counters);
        var authz = new ExtAuthzCompiler(formats, limits, nanoTime, counters);
        return compilers
                .http(HTTP + "rbac.v3.RBAC", rbac::http)
                .perRoute(HTTP + "rbac.v3.RBACPerRoute", rbac::perRoute)
                .network(NETWORK + "rbac.v3.RBAC", rbac::network)
                .http(HTTP + "jwt_authn.v3.JwtAuthentication", jwt::http)
                .perRoute(HTTP + "jwt_authn.v3.PerRouteConfig", jwt::perRoute)
                .http(HTTP + "ext_authz.v3.ExtAuthz", authz::http)
                .perRoute(HTTP + "ext_authz.v3.ExtAuthzPerRoute", authz::perRoute)
                .network(NETWORK + "ext_authz.v3.ExtAuthz", authz::network);
    }
}
