using System.Buffers.Binary;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tests.Tcp.Identification.Tls;

/// <summary>Which ECDSA certificates a client takes.</summary>
public sealed class EcdsaOfferTests
{
    private const ushort SignatureAlgorithms = 13;
    private const ushort SupportedVersions = 43;
    private const ushort RsaPss = 0x0804;
    private static readonly byte[] Tls13 = [2, 0x03, 0x04];

    [Theory]
    [InlineData("chromium", EcdsaCurves.P256 | EcdsaCurves.P384)]
    [InlineData("curl", EcdsaCurves.All)]
    [InlineData("dotnet", EcdsaCurves.All)]
    [InlineData("gnutls", EcdsaCurves.All)]
    [InlineData("go", EcdsaCurves.All)]
    [InlineData("java", EcdsaCurves.All)]
    [InlineData("nss", EcdsaCurves.All)]
    [InlineData("openssl", EcdsaCurves.All)]
    [InlineData("openssl-tls12", EcdsaCurves.All)]
    [InlineData("openssl-tls10-no-name", EcdsaCurves.None)]
    public void Ecdsa_RecordedHello_IsWhatTheClientTakes(string client, EcdsaCurves expected) =>
        Assert.Equal(expected, Read(RecordedHellos.All[client]).Ecdsa);

    [Theory]
    [InlineData(EcdsaCurves.None, 0x0401)]
    [InlineData(EcdsaCurves.P256, 0x0403)]
    [InlineData(EcdsaCurves.P384, 0x0503, 0x0401)]
    [InlineData(EcdsaCurves.P256 | EcdsaCurves.P521, 0x0603, 0x0403)]
    public void Ecdsa_Tls13_IsWhatTheAlgorithmsName(EcdsaCurves expected, params int[] algorithms) =>
        Assert.Equal(expected, Read(Hello(Algorithms(algorithms), Hellos.Extension(SupportedVersions, Tls13))).Ecdsa);

    [Fact]
    public void Ecdsa_Tls12WithoutItsCiphers_IsNone() => Assert.Equal(EcdsaCurves.None, Read(Hello(Algorithms(0x0403, RsaPss))).Ecdsa);

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("000304")]
    [InlineData("FFFF0403")]
    public void Ecdsa_BrokenList_IsNoneAndRefusesNobody(string list) =>
        Assert.Equal(
            EcdsaCurves.None,
            Read(Hello(
                Hellos.Extension(SignatureAlgorithms, Convert.FromHexString(list)), Hellos.Extension(SupportedVersions, Tls13))).Ecdsa);

    private static byte[] Algorithms(params int[] algorithms) =>
        Hellos.Extension(SignatureAlgorithms, Hellos.Vector16(algorithms.SelectMany(static one =>
        {
            var number = new byte[sizeof(ushort)];
            BinaryPrimitives.WriteUInt16BigEndian(number, (ushort)one);
            return number;
        }).ToArray()));

    private static byte[] Hello(params byte[][] extensions) => Hellos.Record(Hellos.Message(Hellos.Body(extensions)));

    private static ClientHello Read(byte[] bytes)
    {
        var reader = new ClientHelloReader(HelloResult.MaxBytes);
        Assert.Equal(ClientHelloStatus.Complete, reader.Inspect(new(bytes)));
        return reader.Hello!;
    }
}
