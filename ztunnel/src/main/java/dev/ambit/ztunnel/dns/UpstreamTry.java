package dev.ambit.ztunnel.dns;

import org.jspecify.annotations.Nullable;

/// What one try with one name server comes to. Called on the query's loop.
interface UpstreamTry {
    /// A message that was found to be a reply, with the id of this try.
    void reply(byte[] message, boolean last);

    /// A message that was none; the try goes on.
    void refused(DnsRefusal why);

    /// There will be no more. Does nothing after the last reply.
    ///
    /// @param fault null: the server has closed
    void over(@Nullable String fault);
}
