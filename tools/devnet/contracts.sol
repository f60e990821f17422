// SPDX-License-Identifier: MIT
// Stand-ins for the venue's contracts, for a local chain only. Their runtime code is placed at the
// real addresses, where no constructor runs: whatever would be an argument is a constant here.
pragma solidity ^0.8.20;

address constant CTF = 0x4D97DCd97eC945f40cF65F87097ACe5EA0476045;
address constant USDCE = 0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174;
address constant PUSD = 0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB;
address constant POSITIONS = 0x006F54F7f9A22e0000CC2AB60031000000ae9fEF;
address constant PROXY_FACTORY = 0xaB45c5A4B0c941a2F231C04C3f49182e1A254052;

interface Conditional {
    function balanceOf(address owner, uint256 id) external view returns (uint256);
    function getCollectionId(bytes32 parent, bytes32 condition, uint256 set) external view returns (bytes32);
    function getPositionId(address collateral, bytes32 collection) external pure returns (uint256);
    function safeBatchTransferFrom(address from, address to, uint256[] calldata ids, uint256[] calldata sizes, bytes calldata) external;
    function redeemPositions(address collateral, bytes32 parent, bytes32 condition, uint256[] calldata sets) external;
}

contract Dollar {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    uint256 public totalSupply;
    uint8 public constant decimals = 6;

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }
    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }
    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, "ERC20: transfer amount exceeds allowance");
        if (allowed != type(uint256).max) allowance[from][msg.sender] = allowed - value;
        move(from, to, value);
        return true;
    }
    // Anybody may: this chain is a toy.
    function mint(address to, uint256 value) external {
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }
    function burn(address from, uint256 value) external {
        require(balanceOf[from] >= value, "ERC20: burn amount exceeds balance");
        totalSupply -= value;
        balanceOf[from] -= value;
        emit Transfer(from, address(0), value);
    }
    function move(address from, address to, uint256 value) private {
        require(balanceOf[from] >= value, "ERC20: transfer amount exceeds balance");
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}

contract Onramp {
    function wrap(address asset, address to, uint256 amount) external {
        require(asset == USDCE, "asset");
        Dollar(USDCE).transferFrom(msg.sender, PUSD, amount);
        Dollar(PUSD).mint(to, amount);
    }
}

contract Offramp {
    function unwrap(address asset, address to, uint256 amount) external {
        require(asset == USDCE, "asset");
        Dollar(PUSD).transferFrom(msg.sender, address(this), amount);
        Dollar(PUSD).burn(address(this), amount);
        Dollar(USDCE).burn(PUSD, amount);
        Dollar(USDCE).mint(to, amount);
    }
}

abstract contract Holder {
    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external pure returns (bytes4) {
        return 0xf23a6e61;
    }
    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata) external pure returns (bytes4) {
        return 0xbc197c81;
    }
    function supportsInterface(bytes4) external pure returns (bool) { return true; }
}

// Takes all of an owner's shares of a condition, redeems them and pays in pUSD.
abstract contract Redeems is Holder {
    function redeemAll(address owner, bytes32 condition) internal {
        uint256[] memory sets = new uint256[](2);
        uint256[] memory ids = new uint256[](2);
        uint256[] memory sizes = new uint256[](2);
        for (uint256 i; i < 2; ++i) {
            sets[i] = i + 1;
            ids[i] = Conditional(CTF).getPositionId(USDCE, Conditional(CTF).getCollectionId(bytes32(0), condition, i + 1));
            sizes[i] = Conditional(CTF).balanceOf(owner, ids[i]);
        }
        Conditional(CTF).safeBatchTransferFrom(owner, address(this), ids, sizes, "");
        uint256 before = Dollar(USDCE).balanceOf(address(this));
        Conditional(CTF).redeemPositions(USDCE, bytes32(0), condition, sets);
        uint256 paid = Dollar(USDCE).balanceOf(address(this)) - before;
        Dollar(USDCE).transfer(PUSD, paid);
        Dollar(PUSD).mint(owner, paid);
    }
}

contract Adapter is Redeems {
    function redeemPositions(address, bytes32, bytes32 condition, uint256[] calldata) external {
        redeemAll(msg.sender, condition);
    }
}

contract AutoRedeem is Redeems {
    function redeemFor(address owner, bytes32 condition) external { redeemAll(owner, condition); }
}

// Protocol v2: shares by position id, which is the 31 bytes of the condition and an outcome.
contract Positions {
    mapping(address => mapping(uint256 => uint256)) public balanceOf;
    mapping(address => mapping(address => bool)) public isApprovedForAll;
    mapping(bytes31 => uint256[2]) public numerators;

    event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value);

    function setApprovalForAll(address operator, bool approved) external { isApprovedForAll[msg.sender][operator] = approved; }
    function give(address to, uint256 id, uint256 value) external {
        balanceOf[to][id] += value;
        emit TransferSingle(msg.sender, address(0), to, id, value);
    }
    function report(bytes31 condition, uint256 first, uint256 second) external { numerators[condition] = [first, second]; }
    function getPayout(uint256 id, uint256 value) public view returns (uint256) {
        uint256[2] storage n = numerators[bytes31(bytes32(id))];
        require(n[0] + n[1] > 0, "not resolved");
        return value * n[uint8(id)] / (n[0] + n[1]);
    }
    function take(address owner, uint256 id, uint256 value) external {
        require(isApprovedForAll[owner][msg.sender], "not approved");
        require(balanceOf[owner][id] >= value, "balance");
        balanceOf[owner][id] -= value;
        emit TransferSingle(msg.sender, owner, address(0), id, value);
    }
}

contract Router {
    function redeem(bytes31 condition, uint256 outcome, uint256 amount) external {
        uint256 id = uint256(bytes32(condition)) | outcome;
        uint256 paid = Positions(POSITIONS).getPayout(id, amount);
        Positions(POSITIONS).take(msg.sender, id, amount);
        Dollar(PUSD).mint(msg.sender, paid);
    }
}

struct ProxyCall { uint8 kind; address to; uint256 value; bytes data; }

contract ProxyWallet is Holder {
    function run(ProxyCall[] calldata calls) external {
        require(msg.sender == PROXY_FACTORY, "only the factory");
        for (uint256 i; i < calls.length; ++i) {
            require(calls[i].kind == 1, "only calls");
            (bool ok, bytes memory data) = calls[i].to.call{value: calls[i].value}(calls[i].data);
            if (!ok) assembly { revert(add(data, 32), mload(data)) }
        }
    }
}

contract ProxyFactory {
    bytes32 constant INIT_CODE = 0xd21df8dc65880a8606f09fe0ce3df9b8869287ab0b058be05aa9e8af6330a00b;
    address constant HUB = 0xD216153c06E857cD7f72665E0aF1d7D82172F494;

    function walletOf(address owner) public view returns (address) {
        bytes32 salt = keccak256(abi.encodePacked(owner));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, INIT_CODE)))));
    }
    function proxy(ProxyCall[] calldata calls) external { ProxyWallet(walletOf(msg.sender)).run(calls); }
    // The hub has checked the owner's signature.
    function proxyFor(address owner, ProxyCall[] calldata calls) external {
        require(msg.sender == HUB, "only the hub");
        ProxyWallet(walletOf(owner)).run(calls);
    }
}

struct WalletCall { address target; uint256 value; bytes data; }

// Owner in slot 0, nonce in slot 1, both written from outside.
contract DepositWallet is Holder {
    address public owner;
    uint256 public nonce;
    bytes32 constant CALL = keccak256("Call(address target,uint256 value,bytes data)");
    bytes32 constant BATCH = keccak256("Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls)Call(address target,uint256 value,bytes data)");
    bytes32 constant DOMAIN = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function execute(uint256 n, uint256 deadline, WalletCall[] calldata calls, bytes calldata signature) external {
        require(n == nonce, "nonce");
        require(block.timestamp <= deadline, "expired");
        bytes memory hashes;
        for (uint256 i; i < calls.length; ++i)
            hashes = bytes.concat(hashes, keccak256(abi.encode(CALL, calls[i].target, calls[i].value, keccak256(calls[i].data))));
        bytes32 content = keccak256(abi.encode(BATCH, address(this), n, deadline, keccak256(hashes)));
        bytes32 domain = keccak256(abi.encode(DOMAIN, keccak256("DepositWallet"), keccak256("1"), block.chainid, address(this)));
        bytes32 digest = keccak256(abi.encodePacked(bytes2(0x1901), domain, content));
        require(signature.length == 65, "signature");
        address signer = ecrecover(digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64]));
        require(signer == owner && signer != address(0), "signature");
        nonce = n + 1;
        for (uint256 i; i < calls.length; ++i) {
            (bool ok, bytes memory data) = calls[i].target.call{value: calls[i].value}(calls[i].data);
            if (!ok) assembly { revert(add(data, 32), mload(data)) }
        }
    }
}
