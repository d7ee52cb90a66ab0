using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Slideport.Sam.Tests.Users;

/// <summary>An authenticator with one discoverable ES256 passkey, as Web Authentication Level 3 has it, and the browser in front of it.</summary>
internal sealed class SoftwareAuthenticator(string rpId) : IDisposable
{
    private const byte UserPresent = 0x01;
    private const byte UserVerified = 0x04;
    private const byte AttestedCredentialData = 0x40;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _id = RandomNumberGenerator.GetBytes(32);
    private string _userHandle = "";
    private uint _count;

    /// <summary><c>navigator.credentials.create</c>: attestation "none" (8.7).</summary>
    public JsonObject Create(JsonObject options, Uri page)
    {
        _userHandle = (string)options["user"]!["id"]!;
        var client = ClientData("webauthn.create", options, page);
        var attestation = new CborWriter(CborConformanceMode.Ctap2Canonical);
        attestation.WriteStartMap(3);
        attestation.WriteTextString("fmt");
        attestation.WriteTextString("none");
        attestation.WriteTextString("attStmt");
        attestation.WriteStartMap(0);
        attestation.WriteEndMap();
        attestation.WriteTextString("authData");
        attestation.WriteByteString(AuthenticatorData(UserPresent | UserVerified | AttestedCredentialData, withKey: true));
        attestation.WriteEndMap();
        return Credential(new JsonObject
        {
            ["clientDataJSON"] = Base64Url.EncodeToString(client),
            ["attestationObject"] = Base64Url.EncodeToString(attestation.Encode()),
            ["transports"] = new JsonArray("internal"),
        });
    }

    /// <summary><c>navigator.credentials.get</c>.</summary>
    /// <param name="options">What SAM asks for.</param>
    /// <param name="page">The page that asks.</param>
    /// <param name="userVerified">Whether it has seen a finger or a PIN.</param>
    /// <param name="instead">Whose credential it says it is; null: its own.</param>
    public JsonObject Sign(JsonObject options, Uri page, bool userVerified = true, SoftwareAuthenticator? instead = null)
    {
        var client = ClientData("webauthn.get", options, page);
        var data = AuthenticatorData((byte)(UserPresent | (userVerified ? UserVerified : 0)), withKey: false);
        byte[] signed = [.. data, .. SHA256.HashData(client)];
        return (instead ?? this).Credential(new JsonObject
        {
            ["clientDataJSON"] = Base64Url.EncodeToString(client),
            ["authenticatorData"] = Base64Url.EncodeToString(data),
            ["signature"] = Base64Url.EncodeToString(_key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)),
            ["userHandle"] = (instead ?? this)._userHandle,
        });
    }

    public void Dispose() => _key.Dispose();

    private static byte[] ClientData(string type, JsonObject options, Uri page) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["type"] = type,
        ["challenge"] = (string)options["challenge"]!,
        ["origin"] = page.GetLeftPart(UriPartial.Authority),
        ["crossOrigin"] = false,
    }.ToJsonString());

    private JsonObject Credential(JsonObject response) => new()
    {
        ["id"] = Base64Url.EncodeToString(_id),
        ["rawId"] = Base64Url.EncodeToString(_id),
        ["type"] = "public-key",
        ["clientExtensionResults"] = new JsonObject(),
        ["response"] = response,
    };

    // 6.1: hash of the RP ID, flags, counter, and for a new credential AAGUID, id and COSE key (RFC 9053 7.1.1).
    private byte[] AuthenticatorData(byte flags, bool withKey)
    {
        var counter = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(counter, ++_count);
        byte[] head = [.. SHA256.HashData(Encoding.UTF8.GetBytes(rpId)), flags, .. counter];
        if (!withKey)
            return head;
        var point = _key.ExportParameters(false).Q;
        var cose = new CborWriter(CborConformanceMode.Ctap2Canonical);
        cose.WriteStartMap(5);
        foreach (var (label, value) in new (int, object)[] { (1, 2), (3, -7), (-1, 1), (-2, point.X!), (-3, point.Y!) })
        {
            cose.WriteInt32(label);
            if (value is byte[] bytes)
                cose.WriteByteString(bytes);
            else
                cose.WriteInt32((int)value);
        }

        cose.WriteEndMap();
        return [.. head, .. new byte[16], (byte)(_id.Length >> 8), (byte)_id.Length, .. _id, .. cose.Encode()];
    }
}
