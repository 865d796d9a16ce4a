using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Gateway.ProxyProtocol;

/// <summary>
/// Decodes the custom TLVs of cloud load balancers. If a value does not have the documented layout, the result is false, never an
/// exception.
/// </summary>
/// <remarks>
/// Layouts: AWS edit-target-group-attributes, Google Private Service Connect, azure-docs private-link-service-overview.md, help.aliyun.com
/// privatelink.
/// </remarks>
public static class ProxyCloudTlvs
{
    private const byte AwsVpcEndpointSubType = 1;
    private const byte AzureLinkIdSubType = 1;

    private static readonly SearchValues<byte> IdCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"u8);

    // Cloud ids have some 20 to 60 characters. A longer value is not an id, and no string is allocated for it.
    private const int MaxIdLength = 255;

    /// <summary>AWS, TLV 0xEA: sub-type 1, then the VPC endpoint's id in ASCII letters, digits and hyphens.</summary>
    public static bool TryReadAwsVpcEndpointId(ReadOnlySpan<byte> value, out string id)
    {
        id = "";
        return value.Length > 0 && value[0] == AwsVpcEndpointSubType && TryReadId(value[1..], out id);
    }

    /// <summary>Google Cloud, TLV 0xE0: the Private Service Connect connection id, 8 bytes, big endian.</summary>
    public static bool TryReadGcpPscConnectionId(ReadOnlySpan<byte> value, out ulong id)
    {
        id = 0;
        return value.Length == sizeof(ulong) && BinaryPrimitives.TryReadUInt64BigEndian(value, out id);
    }

    /// <summary>Azure, TLV 0xEE: sub-type 1, then the Private Link LinkID, 4 bytes, little endian.</summary>
    public static bool TryReadAzureLinkId(ReadOnlySpan<byte> value, out uint id)
    {
        id = 0;
        return value.Length == 1 + sizeof(uint)
            && value[0] == AzureLinkIdSubType
            && BinaryPrimitives.TryReadUInt32LittleEndian(value[1..], out id);
    }

    /// <summary>Alibaba Cloud, TLV 0xE1: the kind of the id, then the id in ASCII letters, digits and hyphens.</summary>
    public static bool TryReadAlibabaId(ReadOnlySpan<byte> value, out AlibabaIdKind kind, out string id)
    {
        (kind, id) = (default, "");
        if (value.Length == 0 || value[0] is < (byte)AlibabaIdKind.Vpc or > (byte)AlibabaIdKind.Service)
        {
            return false;
        }

        kind = (AlibabaIdKind)value[0];
        return TryReadId(value[1..], out id);
    }

    // Only these characters are allowed, because the id goes into logs and headers.
    internal static bool TryReadId(ReadOnlySpan<byte> bytes, out string id)
    {
        var isId = IsId(bytes);
        id = isId ? Encoding.ASCII.GetString(bytes) : "";
        return isId;
    }

    internal static bool IsId(ReadOnlySpan<byte> bytes) => bytes.Length <= MaxIdLength && !bytes.ContainsAnyExcept(IdCharacters);
}
