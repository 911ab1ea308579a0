package dev.ambit.waypoint.security;

final class JwtStage {
    static final String NAMESPACE = "envoy.filters.http.jwt_authn";
}
