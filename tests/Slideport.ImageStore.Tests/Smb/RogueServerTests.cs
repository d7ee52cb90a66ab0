using System.Text;
using Slideport.Files;
using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

/// <summary>Servers that would take a slide in a way in which others could read it, or as nobody's.</summary>
public sealed class RogueServerTests : IAsyncLifetime
{
    private const string Canary = "PATIENT-4711";
    private readonly SambaServer _samba = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _samba.DisposeAsync();

    [Theory]
    [InlineData("an SMB2 server", "server min protocol = SMB2_02\nserver max protocol = SMB2_10", "does not speak SMB 3.1.1")]
    [InlineData("an SMB 3.0 server", "server min protocol = SMB2_02\nserver max protocol = SMB3_02", "does not speak SMB 3.1.1")]
    [InlineData("no encryption", "server smb encrypt = off", "does not encrypt")]
    [InlineData("no encryption, and no DFS to notice it by", "server smb encrypt = off\nhost msdfs = no", "does not encrypt")]
    [InlineData("encryption for who asks for it, and no DFS", "server smb encrypt = default\nhost msdfs = no", "does not encrypt")]
    [InlineData("no encryption, no signing", "server smb encrypt = off\nserver signing = disabled", "does not encrypt")]
    public async Task It_is_sent_nothing_that_is_about_a_slide(string what, string settings, string reason)
    {
        await _samba.StartAsync(settings);

        var refused = await RefusedAsync(SambaServer.User, SambaServer.Password);

        Assert.True(refused.Failure == ImageStoreFailure.Refused, $"{what}: {refused.Message}");
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody-we-know", "x")]
    [InlineData("root", "wrong")]
    public async Task It_is_sent_nothing_that_is_about_a_slide_where_wrong_names_and_passwords_make_a_guest(string user, string password)
    {
        await _samba.StartAsync("map to guest = bad password\nserver smb encrypt = default", shareSettings: "guest ok = yes");

        var refused = await RefusedAsync(user, password);

        Assert.Equal(ImageStoreFailure.Refused, refused.Failure);
        Assert.Contains("as a guest", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_somebody_left_as_configuration_weakens_nothing()
    {
        await _samba.StartAsync("server min protocol = SMB2_02\nserver max protocol = SMB2_10");
        var home = Directory.CreateDirectory(Path.Join(_samba.Work, ".agent", ".smb")).FullName;
        foreach (var path in (string[])[Path.Join(home, "smb.conf"), Path.Join(home, "..", SmbAgent.ConfigurationName)])
            await File.WriteAllTextAsync(path, "[global]\nclient min protocol = NT1\nclient max protocol = SMB2_10\nclient smb encrypt = off\n", Cancel);

        Assert.Equal(ImageStoreFailure.Refused, (await RefusedAsync(SambaServer.User, SambaServer.Password)).Failure);
    }

    [Fact]
    public async Task What_lies_in_the_systems_folder_and_in_a_home_weakens_nothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "laying a folder over /etc/samba needs root");
        await _samba.StartAsync("server min protocol = SMB2_02\nserver max protocol = SMB2_10");
        var hostile = Directory.CreateDirectory(Path.Join(_samba.Work, "hostile")).FullName;
        foreach (var path in (string[])[Path.Join(hostile, "smb.conf"), Path.Join(Directory.CreateDirectory(Path.Join(hostile, ".smb")).FullName, "smb.conf")])
            await File.WriteAllTextAsync(path, "[global]\nclient min protocol = NT1\nclient max protocol = SMB2_10\nclient smb encrypt = off\n", Cancel);
        var self = SmbProgram.Self;
        const string Lay = "mount --bind \"$0\" /etc/samba && grep -q NT1 /etc/samba/smb.conf && SMB_CONF_PATH=/etc/samba/smb.conf exec \"$@\"";
        var agent = new SmbProgram("/usr/bin/unshare", ["--mount", "sh", "-c", Lay, hostile, self.Path, .. self.Arguments]);
        var home = Environment.GetEnvironmentVariable("HOME");
        Environment.SetEnvironmentVariable("HOME", hostile);
        try
        {
            using var store = new SmbImageStore(_samba.Location(""), new SmbSurroundings(_samba.Work, _samba.Credentials(SambaServer.User, SambaServer.Password), agent));

            var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.TryAsync(StoreTrial.Small, Cancel));

            Assert.Contains("does not speak SMB 3.1.1", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("HOME", home);
        }
    }

    [Fact]
    public async Task A_wrong_password_is_told_from_a_share_that_is_away()
    {
        await _samba.StartAsync();

        var refused = await RefusedAsync(SambaServer.User, "wrong");

        Assert.Equal(ImageStoreFailure.Refused, refused.Failure);
        Assert.Contains("does not take user 'root'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("server smb encrypt = required")]
    [InlineData("server smb encrypt = default")] // whoever asks for it has it
    public async Task A_good_server_sees_the_slide_and_the_wire_does_not(string settings)
    {
        await _samba.StartAsync(settings);
        await using var proxy = new RecordingProxy(_samba.Location("").Port);
        using var store = _samba.Store("", at: proxy.Port);
        await store.CheckAsync(null, Cancel);
        var delivery = store.Begin("k1");
        Write(delivery);

        Assert.True(await delivery.TryPublishAsync(Canary + ".svs", Cancel));

        Assert.StartsWith(Canary, await File.ReadAllTextAsync(Path.Join(_samba.Share, Canary + ".svs"), Cancel), StringComparison.Ordinal);
        Assert.False(Holds(proxy.Sent(), Canary));
    }

    // A delivery that does not even ask before whether it may.
    private async Task<ImageStoreException> RefusedAsync(string user, string password)
    {
        await using var proxy = new RecordingProxy(_samba.Location("").Port);
        using var store = _samba.Store("", user, password, proxy.Port);
        var delivery = store.Begin("k1");
        Write(delivery);
        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await delivery.FlushAsync(Cancel));
        Assert.Equal(refused.Message, (await Assert.ThrowsAsync<ImageStoreException>(async () => await store.CheckAsync(null, Cancel))).Message);
        Assert.Equal(refused.Message, (await Assert.ThrowsAsync<ImageStoreException>(async () => await store.TryAsync(StoreTrial.Small, Cancel))).Message);
        Assert.True(proxy.Sent().Length > 0);
        Assert.False(Holds(proxy.Sent(), Canary));
        Assert.False(Holds(proxy.Sent(), ".slideport")); // no name either
        Assert.Empty(Directory.GetFileSystemEntries(_samba.Share));
        return refused;
    }

    private static void Write(ImageDelivery delivery)
    {
        using var file = DurableFile.CreateNew(delivery.PartPath);
        RandomAccess.Write(file, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Canary, 1000))), 0);
    }

    // As it stands, and as SMB writes names.
    private static bool Holds(byte[] bytes, string text) =>
        bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0 || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text)) >= 0;
}
