using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.SqlServer
{
    /// <inheritdoc />
    public partial class SlidesThatWait : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "WaitingSince",
                table: "Slides",
                type: "bigint",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_Slides_WaitingSince",
                table: "Slides",
                column: "WaitingSince");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Slides_WaitingSince",
                table: "Slides");

            migrationBuilder.DropColumn(
                name: "WaitingSince",
                table: "Slides");
        }
    }
}
