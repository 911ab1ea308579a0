package dev.ambit.waypoint.upstream;

/// Why a host is ejected: Envoy's `OutlierEjectionType`.
public enum Ejection {
    CONSECUTIVE_5XX("consecutive_5xx"),
    CONSECUTIVE_GATEWAY_FAILURE("consecutive_gateway_failure"),
    CONSECUTIVE_LOCAL_ORIGIN_FAILURE("consecutive_local_origin_failure"),
    SUCCESS_RATE("success_rate"),
    SUCCESS_RATE_LOCAL_ORIGIN("local_origin_success_rate"),
    FAILURE_PERCENTAGE("failure_percentage"),
    FAILURE_PERCENTAGE_LOCAL_ORIGIN("local_origin_failure_percentage");

    private final String metric;

    Ejection(String metric) {
        this.metric = metric;
    }

    /// As in `outlier_detection.ejections_enforced_…`.
    public String metric() {
        return metric;
    }
}
