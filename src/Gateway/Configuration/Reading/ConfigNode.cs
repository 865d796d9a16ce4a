namespace Gateway.Configuration.Reading;

/// <summary>A value of the file, or one that an environment variable put over it.</summary>
internal abstract class ConfigNode
{
    /// <summary>The value as an issue shows it.</summary>
    public abstract string Display { get; }
}
