using System.Security.Cryptography;
using Slideport.Sam.Users;

namespace Slideport.Sam.Tests.Users;

public sealed class SecretBoxTests : IDisposable
{
    private static readonly Guid Anna = Guid.NewGuid();

    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-box-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_sealed_opens_again_also_after_a_restart()
    {
        string sealedSecret;
        using (var box = SecretBox.OpenOrCreate(_folder))
            sealedSecret = box.Seal(Anna, "secret"u8);

        using var again = SecretBox.OpenOrCreate(_folder);

        Assert.Equal("secret"u8.ToArray(), again.Open(Anna, sealedSecret));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Join(_folder, "users.key")));
    }

    [Fact]
    public void A_changed_bit_another_owner_and_another_key_open_nothing()
    {
        using var box = SecretBox.OpenOrCreate(_folder);
        using var other = SecretBox.OpenOrCreate(Path.Join(_folder, "other"));
        var sealedSecret = box.Seal(Anna, "secret"u8);
        var bytes = Convert.FromBase64String(sealedSecret);

        for (var i = 0; i < bytes.Length * 8; i++)
        {
            var changed = (byte[])bytes.Clone();
            changed[i / 8] ^= (byte)(1 << (i % 8));
            Assert.ThrowsAny<CryptographicException>(() => box.Open(Anna, Convert.ToBase64String(changed)));
        }

        Assert.ThrowsAny<CryptographicException>(() => box.Open(Guid.NewGuid(), sealedSecret));
        Assert.ThrowsAny<CryptographicException>(() => other.Open(Anna, sealedSecret));
    }

    [Fact]
    public void Two_seals_of_one_secret_differ()
    {
        using var box = SecretBox.OpenOrCreate(_folder);

        Assert.NotEqual(box.Seal(Anna, "secret"u8), box.Seal(Anna, "secret"u8));
    }
}
