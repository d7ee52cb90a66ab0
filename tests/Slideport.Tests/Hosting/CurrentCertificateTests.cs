using Microsoft.Extensions.Time.Testing;
using Slideport.Hosting;
using Slideport.Protocol.Identity;

namespace Slideport.Tests.Hosting;

/// <summary>A certificate that is read once for many handshakes must not be an old one.</summary>
public sealed class CurrentCertificateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-certificate-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly CertificateAuthority _authority;
    private readonly CurrentCertificate _current;
    private int _read;

    public CurrentCertificateTests()
    {
        _authority = CertificateAuthority.OpenOrCreate(_folder, _time);
        _authority.Server("sam").Dispose();
        _current = CurrentCertificate.Of(
            () =>
            {
                _read++;
                return _authority.Server("sam");
            },
            _authority.FilesOf("sam"), _time);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Handshakes_share_what_was_read_once()
    {
        var first = _current.Get();
        _time.Advance(TimeSpan.FromMinutes(59));

        Assert.Same(first, _current.Get());
        Assert.Equal(1, _read);
    }

    [Fact]
    public void A_certificate_put_in_its_place_is_the_next_handshakes()
    {
        var before = _current.Get();
        using var another = CertificateAuthority.OpenOrCreate(Path.Join(_folder, "another"), _time);
        another.Server("sam").Dispose();
        var (from, to) = (another.FilesOf("sam"), _authority.FilesOf("sam"));
        File.Copy(from.Certificate, to.Certificate, overwrite: true);
        File.Copy(from.Key, to.Key, overwrite: true);
        // Whatever the resolution of the file system's clock.
        File.SetLastWriteTimeUtc(to.Key, File.GetLastWriteTimeUtc(to.Key).AddSeconds(1));

        using var put = another.Server("sam");
        Assert.NotSame(before, _current.Get());
        Assert.Equal(put.Thumbprint, _current.Get().TargetCertificate.Thumbprint);
    }

    [Fact]
    public void It_is_renewed_in_time_although_nobody_touches_the_files()
    {
        var before = _current.Get().TargetCertificate;
        _time.Advance(TimeSpan.FromDays(700)); // of 730; renewed 60 days before it ends

        var now = _current.Get().TargetCertificate;

        Assert.True(now.NotAfter > before.NotAfter);
        Assert.True(now.HasPrivateKey);
    }

    [Fact]
    public void Looking_again_at_the_same_certificate_makes_no_other_of_it()
    {
        var before = _current.Get();
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Same(before, _current.Get());
        Assert.Equal(2, _read);
    }
}
