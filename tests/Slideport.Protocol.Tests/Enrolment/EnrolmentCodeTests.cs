using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Protocol.Enrolment;

namespace Slideport.Protocol.Tests.Enrolment;

public sealed class EnrolmentCodeTests
{
    [Fact]
    public void A_code_survives_being_typed_sloppily()
    {
        using var authority = SelfSigned("CN=here");
        var code = EnrolmentCode.Create(authority);

        var typed = EnrolmentCode.TryParse(code.ToString().ToLowerInvariant().Replace('-', ' '));

        Assert.Equal(code.Hash, typed?.Hash);
        Assert.Equal(69, code.ToString().Length); // 56 letters, 13 hyphens
    }

    [Fact]
    public void A_code_knows_its_authority_from_another()
    {
        using var authority = SelfSigned("CN=here");
        using var other = SelfSigned("CN=here");
        var typed = EnrolmentCode.TryParse(EnrolmentCode.Create(authority).ToString())!;

        Assert.True(typed.IsFor(authority));
        Assert.False(typed.IsFor(other));
    }

    [Fact]
    public void Every_slip_of_the_finger_is_another_code_or_none()
    {
        using var authority = SelfSigned("CN=here");
        var code = EnrolmentCode.Create(authority);
        var text = code.ToString();

        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '-')
                continue;
            var slipped = EnrolmentCode.TryParse(string.Concat(text.AsSpan(0, i), text[i] == 'A' ? "B" : "A", text.AsSpan(i + 1)));
            Assert.True(slipped!.Hash != code.Hash || !slipped.IsFor(authority));
            Assert.Null(EnrolmentCode.TryParse(text.Remove(i, 1)));
        }

        Assert.Null(EnrolmentCode.TryParse(text + "A"));
        Assert.Null(EnrolmentCode.TryParse(""));
        Assert.Null(EnrolmentCode.TryParse("!" + text[1..]));
    }

    private static X509Certificate2 SelfSigned(string subject)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(subject, pair, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
    }
}
