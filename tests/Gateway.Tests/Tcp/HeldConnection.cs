using System.Net;
using Gateway.Tcp.Admission;

namespace Gateway.Tests.Tcp;

/// <summary>A connection that holds a place and does nothing; accepted in the order of numbers.</summary>
internal sealed class HeldConnection : LiveConnection
{
    private long _heardAt;

    public HeldConnection(long number, ConnectionKind? kind = null, long? acceptedAt = null)
        : base(number, acceptedAt ?? number * TimeSpan.TicksPerMillisecond)
    {
        Kind = kind;
        TakePlace();
    }

    public override ConnectionKind? Kind { get; }

    public bool HasSpoken { get; set; }

    public int GaveWay { get; private set; }

    public int Aborted { get; private set; }

    public override IPAddress ClientAddress => IPAddress.Loopback;

    public override bool IsSilent => HoldsPlace && !HasSpoken;

    public override long LastHeardAt => _heardAt;

    /// <summary>Bytes have come, at a time.</summary>
    public void Heard(long at) => (HasSpoken, _heardAt) = (true, at);

    public override void GiveWay() => GaveWay++;

    public override void Abort() => Aborted++;
}
