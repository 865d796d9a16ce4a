namespace Gateway.Tcp.Engines.Linux;

/// <summary>One deadline of one owner, linked into a <see cref="TimerWheel"/>. A node is made once and armed as often as needed.</summary>
internal sealed class TimerNode(Action<object> onDue, object owner)
{
    /// <summary>Means: not armed.</summary>
    internal const long Never = long.MaxValue;

    /// <summary>
    /// The deadline, in <see cref="Environment.TickCount64"/> milliseconds. May be later than <see cref="Tick"/>: the wheel then moves the
    /// node on at that tick.
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
