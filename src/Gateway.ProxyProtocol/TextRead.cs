namespace Gateway.ProxyProtocol;

/// <summary>The result of reading one field of a version 1 line.</summary>
internal enum TextRead : byte
{
    /// <summary>The field is complete. The position is at the first byte behind the field.</summary>
    Done,

    /// <summary>The input ends within the field, or right behind it: the next byte may still belong to the field.</summary>
    NeedMore,

    /// <summary>The byte at the position is not allowed there.</summary>
    Invalid,
}
