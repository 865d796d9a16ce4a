using System.Numerics;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The timers of one loop: a hierarchical wheel. Level 0 has 64 slots of 8 ms. Each higher level has 64 slots that are 64 times as long. A
/// node is on the level that fits its distance, and moves to lower levels as its time comes nearer. Arming and removing are O(1) and
/// allocate nothing. An idle timeout of an hour is touched four times in its life. The bitmap of each level says how long the loop may
/// sleep.
/// <para> The wheel is lazy on purpose: if a node is armed for a later time, it stays in its slot, and is moved on when its slot comes. A
/// connection waits for a header (5 s), dials (5 s) and relays (1 h of idleness, pushed back by every byte): it links one node once, and
/// unlinks it when it closes.
/// </para>
/// </summary>
internal sealed class TimerWheel
{
    internal const int TickMilliseconds = 1 << TickShift;
    private const int TickShift = 3;
    private const int LevelShift = 6;
    private const int SlotsPerLevel = 1 << LevelShift;
    private const int SlotMask = SlotsPerLevel - 1;
    private const int Levels = 5;

    // 64^5 ticks of 8 ms: 99 days. A node that is due later is moved on at that time.
    private const long MaxDistance = (1L << (Levels * LevelShift)) - 1;

    private const int DueSlot = Levels * SlotsPerLevel;

    private readonly TimerNode?[] _slots = new TimerNode?[DueSlot + 1];
    private readonly ulong[] _occupied = new ulong[Levels + 1];
    private long _tick;

    internal TimerWheel(long nowMilliseconds) => _tick = nowMilliseconds >> TickShift;

    /// <summary>Sets the node's deadline; <see cref="TimerNode.Never"/> disarms it.</summary>
    internal void Arm(TimerNode node, long dueAtMilliseconds)
    {
        node.DueAt = dueAtMilliseconds;
        if (dueAtMilliseconds == TimerNode.Never)
        {
            return;
        }

        var tick = TickOf(dueAtMilliseconds);
        if (node.Slot >= 0)
        {
            if (node.Tick <= tick)
            {
                return;
            }

            Remove(node);
        }

        Insert(node, tick);
    }

    /// <summary>Unlinks the node, so that the wheel no longer roots its owner.</summary>
    internal void Remove(TimerNode node)
    {
        if (node.Slot < 0)
        {
            return;
        }

        if (node.Previous is { } previous)
        {
            previous.Next = node.Next;
        }
        else
        {
            _slots[node.Slot] = node.Next;
            if (node.Next is null)
            {
                _occupied[node.Slot >> LevelShift] &= ~(1UL << (node.Slot & SlotMask));
            }
        }

        if (node.Next is { } next)
        {
            next.Previous = node.Previous;
        }

        node.Previous = node.Next = null;
        node.Slot = -1;
    }

    /// <summary>Fires the timers that are due.</summary>
    internal void Advance(long nowMilliseconds)
    {
        var target = nowMilliseconds >> TickShift;
        while (_tick < target)
        {
            // If level 0 is empty, jump to its end instead of counting through an hour's sleep.
            _tick = _occupied[0] == 0 ? Math.Min(target, _tick | SlotMask) : _tick;
            if (_tick == target)
            {
                return;
            }

            _tick++;
            for (var level = 1; level < Levels && (_tick & ((1L << (level * LevelShift)) - 1)) == 0; level++)
            {
                Empty((level << LevelShift) | (int)(_tick >> (level * LevelShift) & SlotMask));
            }

            Empty((int)(_tick & SlotMask));
        }
    }

    /// <summary>The time for epoll_wait during which no timer can be due; −1 if no node is linked.</summary>
    internal int MillisecondsToNext(long nowMilliseconds)
    {
        var nearest = long.MaxValue;
        for (var level = 0; level < Levels; level++)
        {
            if (_occupied[level] != 0)
            {
                var current = _tick >> (level * LevelShift);
                var ahead = BitOperations.RotateRight(_occupied[level], (int)((current + 1) & SlotMask));
                var slot = current + 1 + BitOperations.TrailingZeroCount(ahead);
                nearest = Math.Min(nearest, slot << (level * LevelShift));
            }
        }

        return nearest == long.MaxValue ? -1 : (int)Math.Clamp((nearest << TickShift) - nowMilliseconds, 0, int.MaxValue);
    }

    private static long TickOf(long milliseconds) => (Math.Min(milliseconds, long.MaxValue >> 1) + TickMilliseconds - 1) >> TickShift;

    private void Insert(TimerNode node, long tick)
    {
        var distance = Math.Clamp(tick - _tick, 1, MaxDistance);
        tick = _tick + distance;
        var level = (63 - BitOperations.LeadingZeroCount((ulong)distance)) / LevelShift;
        var slot = (level << LevelShift) | (int)(tick >> (level * LevelShift) & SlotMask);
        node.Tick = tick;
        node.Slot = slot;
        node.Next = _slots[slot];
        if (node.Next is { } next)
        {
            next.Previous = node;
        }

        _slots[slot] = node;
        _occupied[level] |= 1UL << (slot & SlotMask);
    }

    private void Empty(int slot)
    {
        // First all nodes go to a list of their own, because a node that is moved on can land in this very slot (one round ahead), and a
        // node that fires can remove its neighbour or arm a new node.
        _occupied[slot >> LevelShift] &= ~(1UL << (slot & SlotMask));
        (_slots[DueSlot], _slots[slot]) = (_slots[slot], null);
        for (var node = _slots[DueSlot]; node is not null; node = node.Next)
        {
            node.Slot = DueSlot;
        }

        while (_slots[DueSlot] is { } due)
        {
            Remove(due);
            if (due.DueAt == TimerNode.Never)
            {
                continue;
            }

            if (TickOf(due.DueAt) > _tick)
            {
                Insert(due, TickOf(due.DueAt));
                continue;
            }

            due.DueAt = TimerNode.Never;
            due.Fire();
        }
    }
}
