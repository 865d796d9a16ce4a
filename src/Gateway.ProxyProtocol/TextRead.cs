namespace Gateway.ProxyProtocol;

/// <summary>How far the reading of one field of a version 1 line came.</summary>
internal enum TextRead : byte
{
    /// <summary>The field is whole: the position stands on the first byte that does not belong to it.</summary>
    Done,

    /// <summary>The input ends within the field (or right behind it: the next byte could go on with it).</summary>
    NeedMore,

    /// <summary>The byte at the position cannot stand there.</summary>
    Invalid,
}
