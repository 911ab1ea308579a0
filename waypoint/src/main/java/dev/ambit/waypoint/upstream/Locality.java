package dev.ambit.waypoint.upstream;

/// Where an endpoint is (`envoy.config.core.v3.Locality`); empty parts are not known.
public record Locality(String region, String zone, String subZone) {
    public static final Locality UNKNOWN = new Locality("", "", "");
}
