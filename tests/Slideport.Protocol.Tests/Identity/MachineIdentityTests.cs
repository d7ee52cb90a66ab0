using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Protocol.Enrolment;
using Slideport.Protocol.Identity;

namespace Slideport.Protocol.Tests.Identity;

/// <summary>Renewal by a machine that enrolled, interrupted wherever it can be.</summary>
public sealed class MachineIdentityTests : IDisposable
{
    private const string Name = "converter";

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-machine-").FullName;
    private readonly CertificateAuthority _authority;
    private readonly string _machine;

    public MachineIdentityTests()
    {
        _authority = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "ca"));
        _machine = Directory.CreateDirectory(Path.Join(_folder, "machine")).FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = _authority.Issue("role:converter", new PublicKey(key), ["converter.lab"]);
        File.WriteAllText(Path.Join(_machine, MachineIdentity.AuthorityFile), _authority.Certificate.ExportCertificatePem());
        File.WriteAllText(Path.Join(_machine, $"{Name}.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Join(_machine, $"{Name}.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_next_certificate_has_a_new_key_and_takes_the_place_of_the_one_before()
    {
        var before = MachineIdentity.TryOpen(_machine, Name)!;

        var next = await before.RenewAsync(AnswerAsync, Cancel);

        Assert.NotEqual(before.Certificate.GetPublicKeyString(), next.Certificate.GetPublicKeyString());
        Assert.True(next.Certificate.HasPrivateKey);
        Assert.Equal(next.Certificate.Thumbprint, MachineIdentity.TryOpen(_machine, Name)!.Certificate.Thumbprint);
        Assert.Equal(["authority.crt", "converter.crt", "converter.key"], Directory.GetFiles(_machine).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_question_without_an_answer_is_asked_again_with_the_same_key()
    {
        var asked = new List<string>();
        var identity = MachineIdentity.TryOpen(_machine, Name)!;
        await Assert.ThrowsAsync<IOException>(() => identity.RenewAsync((signing, _) =>
        {
            asked.Add(KeyIn(signing));
            throw new IOException("the line was cut");
        }, Cancel));
        Assert.Equal(identity.Certificate.Thumbprint, MachineIdentity.TryOpen(_machine, Name)!.Certificate.Thumbprint);

        await MachineIdentity.TryOpen(_machine, Name)!.RenewAsync((signing, cancellationToken) =>
        {
            asked.Add(KeyIn(signing));
            return AnswerAsync(signing, cancellationToken);
        }, Cancel);

        Assert.Equal(2, asked.Count);
        Assert.Equal(asked[0], asked[1]);
    }

    [Fact]
    public async Task A_crash_between_certificate_and_key_is_mended_by_whoever_opens_it_next()
    {
        var identity = MachineIdentity.TryOpen(_machine, Name)!;
        string? certificate = null;
        await Assert.ThrowsAsync<IOException>(() => identity.RenewAsync(async (signing, cancellationToken) =>
        {
            certificate = (await AnswerAsync(signing, cancellationToken)).Certificate;
            throw new IOException("the answer came, and then the power went");
        }, Cancel));
        // What the renewal does first, and was killed after.
        await File.WriteAllTextAsync(Path.Join(_machine, $"{Name}.crt"), certificate, Cancel);

        var next = MachineIdentity.TryOpen(_machine, Name)!;

        Assert.True(next.Certificate.HasPrivateKey);
        Assert.NotEqual(identity.Certificate.Thumbprint, next.Certificate.Thumbprint);
        Assert.False(File.Exists(Path.Join(_machine, $"{Name}.next.key")));
    }

    [Fact]
    public async Task A_certificate_for_another_key_is_not_taken()
    {
        var identity = MachineIdentity.TryOpen(_machine, Name)!;
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        await Assert.ThrowsAsync<SamException>(() => identity.RenewAsync((_, _) => Task.FromResult(Answer(new PublicKey(other))), Cancel));

        Assert.Equal(identity.Certificate.Thumbprint, MachineIdentity.TryOpen(_machine, Name)!.Certificate.Thumbprint);
    }

    [Fact]
    public void Where_a_machine_has_enrolled_no_authority_is_founded() =>
        Assert.Contains("enrolled at another one's SAM", Assert.Throws<IOException>(() => CertificateAuthority.OpenOrCreate(_machine)).Message, StringComparison.Ordinal);

    private static string KeyIn(string signing) =>
        Convert.ToHexString(CertificateRequest.LoadSigningRequestPem(signing, HashAlgorithmName.SHA256).PublicKey.ExportSubjectPublicKeyInfo());

    private Task<EnrolmentAnswer> AnswerAsync(string signing, CancellationToken cancellationToken) =>
        Task.FromResult(Answer(CertificateRequest.LoadSigningRequestPem(signing, HashAlgorithmName.SHA256).PublicKey));

    private EnrolmentAnswer Answer(PublicKey key)
    {
        using var certificate = _authority.Issue("role:converter", key, ["converter.lab"]);
        return new EnrolmentAnswer(certificate.ExportCertificatePem(), _authority.Certificate.ExportCertificatePem(), "role:converter");
    }
}
