namespace Gateway.Tcp.Engines.Linux;

/// <summary>One deadline of one owner, linked into a <see cref="TimerWheel"/>; made once and armed as often as needed.</summary>
internal sealed class TimerNode(Action<object> onDue, object owner)
{
    /// <summary>Means: not armed.</summary>
    internal const long Never = long.MaxValue;

    /// <summary>
    /// When it is due, in <see cref="Environment.TickCount64"/> milliseconds. May lie behind <see cref="Tick"/>: looked at when that comes.
    /// </summary>
    internal long DueAt { get; set; } = Never;

    internal TimerNode? Previous { get; set; }

    internal TimerNode? Next { get; set; }

    /// <summary>The wheel's tick at which the node is looked at.</summary>
    internal long Tick { get; set; }

    /// <summary>The wheel's slot that the node is linked into, −1 if none.</summary>
    internal int Slot { get; set; } = -1;

    internal void Fire() => onDue(owner);
}
