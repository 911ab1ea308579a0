package dev.ambit.waypoint.xds;

/// What the conversation with the control plane counts and tells. On the xDS thread.
public interface AdsEvents {
    void received(String typeUrl, int bytes);

    /// A resource that was not understood; the control plane is told the same.
    void rejected(String typeUrl, String resource, String reason);

    /// A message was taken as a whole.
    void accepted(String typeUrl);

    void connected();

    /// @param reason `ConnectionError` or `Error` or `Reconnect` or `Complete`
    void terminated(String reason, String detail);
}
