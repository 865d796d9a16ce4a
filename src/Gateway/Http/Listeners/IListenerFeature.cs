using Gateway.Tcp.Admission;
using Gateway.Tcp.Telemetry;

namespace Gateway.Http.Listeners;

/// <summary>
/// The listener that accepted a connection, as a connection feature (HTTP reads it through <c>HttpContext.Features</c>). Only this feature
/// separates traffic, probes and admin. Nothing that a client can write, such as the Host header, does.
/// </summary>
internal interface IListenerFeature
{
    /// <summary>The listener's key in <c>Listeners</c>; <c>Probes</c> and <c>Admin</c> for these two.</summary>
    string Name { get; }

    /// <summary>The kind of the listener.</summary>
    ListenerKind Kind { get; }

    /// <summary>The listener's HTTP model at the time when the connection was accepted; null if the listener does not serve HTTP.</summary>
    HttpListenerModel? Http { get; }

    /// <summary>How the listener admits clients; null: it admits all. Its rules are those in force, also on old connections.</summary>
    ListenerAdmission? Admission { get; }

    /// <summary>Why the listener does not admit the connection, whose requests are all refused; null: it admits the connection.</summary>
    Outcome? Refusal { get; }

    /// <summary>The feature of a connection that is not admitted.</summary>
    IListenerFeature Refused(Outcome outcome);
}
