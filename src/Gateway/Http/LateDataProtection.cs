using Microsoft.AspNetCore.DataProtection;

namespace Gateway.Http;

/// <summary>
/// Data protection with keys in memory, which are made when the first cookie of a session is. YARP asks for a protector at start, with or
/// without affinity: keys made there would load the library of cryptography, 4 MB that a gateway without TLS does not need.
/// </summary>
internal sealed class LateDataProtection(ILoggerFactory loggers) : IDataProtectionProvider
{
    private readonly Lazy<IDataProtectionProvider> _keys = new(() => new EphemeralDataProtectionProvider(loggers));

    /// <inheritdoc/>
    public IDataProtector CreateProtector(string purpose) => new Protector(new(() => _keys.Value.CreateProtector(purpose)));

    private sealed class Protector(Lazy<IDataProtector> late) : IDataProtector
    {
        public IDataProtector CreateProtector(string purpose) => late.Value.CreateProtector(purpose);

        public byte[] Protect(byte[] plaintext) => late.Value.Protect(plaintext);

        public byte[] Unprotect(byte[] protectedData) => late.Value.Unprotect(protectedData);
    }
}
